#include "sse-pub/options.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sse-pub/publication.hpp"

using namespace std::chrono_literals;
using sse::pub::InputFormat;
using sse::pub::PubOptions;

namespace {

struct Parsed {
  PubOptions options;
  bool good = false;
  std::string error;
};

Parsed parse(std::vector<std::string> words) {
  Parsed out;
  sse::cli::CommandLine line(sse::pub::tool_info());
  sse::pub::add_options(line.app(), out.options);
  words.insert(words.begin(), "sse-pub");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  out.good = !line.parse(static_cast<int>(argv.size()), argv.data()).has_value();
  if (!out.good) return out;
  const auto resolved = sse::pub::resolve(out.options);
  out.good = resolved.has_value();
  if (!resolved) out.error = resolved.error().message;
  return out;
}

}  // namespace

TEST_CASE("channel and data, also when they look odd") {
  for (const std::string data : {"hello", "", "{}", "[a,b]", "[]", "a=b", "%%"}) {
    const Parsed got = parse({"news", data});
    CHECK(got.good);
    CHECK(got.options.channel == "news");
    CHECK(got.options.data == data);
  }
  CHECK(parse({"news", "--", "-x"}).options.data == "-x");
  CHECK_FALSE(parse({"news"}).options.data);
  CHECK_FALSE(parse({}).good);
  CHECK_FALSE(parse({"news", "a", "b"}).good);
}

TEST_CASE("--user is the personal channel and leaves one positional: the data") {
  const Parsed got = parse({"--user", "alice", "hi"});
  CHECK(got.options.channel == "@alice");
  CHECK(got.options.data == "hi");
  CHECK_FALSE(parse({"--user", "alice"}).options.data);
  CHECK(parse({"--user", "alice", "news", "hi"}).error.find("--user") != std::string::npos);
}

TEST_CASE("event fields: empty differs from absent") {
  const Parsed got = parse({"news", "x", "-e", "tick", "--id", "", "--retry", "1.5s"});
  CHECK(got.options.event == "tick");
  CHECK(got.options.id == "");
  CHECK(got.options.retry == 1500ms);
  CHECK_FALSE(parse({"news", "x"}).options.id);
  CHECK(parse({"news", "x"}).options.retry == sse::pub::kNoRetry);
  CHECK(parse({"news", "x", "--retry", "0"}).options.retry == 0ms);
}

TEST_CASE("what the options give is checked before any input is read") {
  PubOptions options;
  options.channel = "news";
  CHECK(check_option_fields(options));
  options.event = "a\nb";
  CHECK(check_option_fields(options).error().message.find("event: line break") == 0);
  options.event.reset();
  options.id = std::string("a\0", 2);
  CHECK(check_option_fields(options).error().message.find("id: NUL") == 0);
  options.id.reset();
  for (const std::string bad : {"", "a b", "-x", "a,b", "é"}) {
    options.channel = bad;
    CHECK_MESSAGE(check_option_fields(options).error().message.find("channel:") == 0, bad);
  }
}

TEST_CASE("the format of the input") {
  CHECK(parse({"news"}).options.format == InputFormat::whole);
  CHECK(parse({"news", "-l"}).options.format == InputFormat::lines);
  CHECK(parse({"news", "-0"}).options.format == InputFormat::null);
  CHECK(parse({"news", "-i", "sse"}).options.format == InputFormat::sse);
  CHECK(parse({"-i", "json"}).options.format == InputFormat::json);
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{{"news", "x", "-l"},
                                             {"news", "x", "-f", "y"},
                                             {"news", "x", "-i", "json"},
                                             {"news", "-l", "-0"},
                                             {"news", "-l", "-i", "json"},
                                             {"news", "-l", "--id", "1"},
                                             {"news", "-i", "xml"},
                                             {"-i", "sse"},
                                             {"news", "-v", "-q"},
                                             {"news", "--batch-events-max", "0"},
                                             {"news", "--retry", "5"}})
    CHECK_FALSE(parse(bad).good);
}

TEST_CASE("one target: an option beats the environment, two options are an error") {
  CHECK(parse({"news", "--redis", "redis://h"}).options.redis == "redis://h");
  CHECK_FALSE(parse({"news", "--redis", "redis://h", "-u", "http://h"}).good);
  CHECK_FALSE(parse({"news", "--redis", "redis://h", "--unix-socket", "/s"}).good);
  CHECK_FALSE(parse({"news", "--redis-password-file", "f"}).good);
  ::setenv("SSE_REDIS", "redis://env", 1);
  CHECK(parse({"news"}).options.redis == "redis://env");
  CHECK(parse({"news", "-u", "http://h"}).options.redis.empty());
  ::unsetenv("SSE_REDIS");
  ::setenv("SSE_URL", "http://env", 1);
  CHECK(parse({"news", "--redis", "redis://h"}).options.redis == "redis://h");
  CHECK(parse({"news"}).options.url == "http://env");
  ::unsetenv("SSE_URL");
}

TEST_CASE("receivers are counted of what goes out now") {
  const Parsed got = parse({"news", "--require-receivers", "3"});
  CHECK(got.options.require_receivers == 3);
  CHECK(got.options.receivers_timeout == 2s);
  CHECK_FALSE(parse({"news", "--require-receivers", "-1"}).good);
  CHECK_FALSE(parse({"news", "--receivers-timeout", "0s"}).good);
  CHECK(parse({"news", "--require-receivers", "3", "--spool", "s"}).error.find("--spool") !=
        std::string::npos);
}

TEST_CASE("a header takes one value and leaves the rest alone") {
  const Parsed got = parse({"-H", "A: 1", "news", "-H", "B: [x,y]", "data"});
  CHECK(got.options.headers == std::vector<std::string>{"A: 1", "B: [x,y]"});
  CHECK(got.options.channel == "news");
  CHECK(got.options.data == "data");
}
