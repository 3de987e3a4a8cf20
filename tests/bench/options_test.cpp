#include "sse-bench/options.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using sse::bench::Options;

namespace {

std::optional<int> parse(std::vector<std::string> arguments, Options& options) {
  arguments.insert(arguments.begin(), "sse-bench");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return sse::bench::parse_options(static_cast<int>(argv.size()), argv.data(), options);
}

}  // namespace

TEST_CASE("every option reaches its field") {
  Options o;
  CHECK_FALSE(parse({"-n",         "1000",         "-r",          "600/m",        "-d",
                     "2s",         "--size",       "1k",          "--ramp",       "50",
                     "--source",   "127.0.0.2",    "--source",    "127.0.0.3",    "-H",
                     "A: b",       "-H",           "C: d",        "--publishers", "4",
                     "--saturate", "--server-pid", "1",           "--server-pid", "2",
                     "-o",         "json",         "--quick-ack", "--channels",   "50",
                     "--http1.0",  "http://h/x"},
                    o));
  CHECK(o.url == "http://h/x");
  CHECK(o.streams == 1000);
  CHECK(o.rate == 10);
  CHECK(o.duration == 2000ms);
  CHECK(o.size == 1024);
  CHECK(o.ramp == 50);
  CHECK(o.sources == std::vector<std::string>{"127.0.0.2", "127.0.0.3"});
  CHECK(o.headers == std::vector<std::string>{"A: b", "C: d"});
  CHECK(o.publishers == 4);
  CHECK(o.saturate);
  CHECK(o.server_pids == std::vector<pid_t>{1, 2});
  CHECK(o.json);
  CHECK(o.quick_ack);
  CHECK(o.channels == 50);
  CHECK(o.http10);
}

TEST_CASE("what the connections are like reaches its field") {
  Options o;
  CHECK_FALSE(o.speaks_http2());
  CHECK_FALSE(parse(
      {"--http2", "--streams-per-connection", "7", "--cacert", "ca.pem", "-k", "https://h/x"}, o));
  CHECK(o.http2);
  CHECK(o.streams_per_connection == 7);
  CHECK(o.ca_file == "ca.pem");
  CHECK(o.insecure);
  Options clear;
  CHECK_FALSE(parse({"--http2-prior-knowledge", "http://h/x"}, clear));
  CHECK(clear.speaks_http2());
}

TEST_CASE("a header takes one value and leaves the URL alone") {
  Options o;
  CHECK_FALSE(parse({"-H", "A: b", "http://h/x"}, o));
  CHECK(o.headers.size() == 1);
  CHECK(o.url == "http://h/x");
}

TEST_CASE("bad values are usage errors") {
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{{},
                                             {"-n", "0", "http://h/x"},
                                             {"--size", "43", "http://h/x"},
                                             {"-r", "fast", "http://h/x"},
                                             {"-H", "no colon", "http://h/x"},
                                             {"-H", "A: b\r\nC: d", "http://h/x"},
                                             {"-o", "xml", "http://h/x"},
                                             {"--http2", "--http1.0", "https://h/x"},
                                             {"--streams-per-connection", "0", "http://h/x"},
                                             {"--channels", "0", "http://h/x"},
                                             {"--publishers", "0", "http://h/x"}}) {
    Options o;
    CHECK(parse(bad, o) == 2);
  }
}
