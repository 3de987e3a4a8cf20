#include <doctest/doctest.h>

#include <CLI/CLI.hpp>

#include "options.hpp"

using namespace sse::tail;
using namespace std::chrono_literals;

namespace {

struct Parsed {
  Options options;
  bool ok = true;
};

Parsed parse(std::vector<std::string> arguments) {
  Parsed parsed;
  CLI::App app;
  define_options(app, parsed.options);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::Error&) {
    parsed.ok = false;
  }
  return parsed;
}

}  // namespace

TEST_CASE("the defaults are those of the manual") {
  const Options o = parse({"http://h/"}).options;
  CHECK(o.urls == std::vector<std::string>{"http://h/"});
  CHECK(!o.output);
  CHECK(o.count == 0);
  CHECK(o.timeout == 0ms);
  CHECK(o.idle == 0ms);
  CHECK(o.reconnect_delay == 3s);
  CHECK(!o.max_retries);
  CHECK(o.connect_timeout == 10s);
  CHECK(o.line_bytes_max == 16u << 20);
  CHECK(o.event_bytes_max == 16u << 20);
}

TEST_CASE("every option reaches its place") {
  const Options o = parse({"-o",
                           "json",
                           "-c3",
                           "-W",
                           "2m",
                           "--idle=500ms",
                           "--first-event=1m",
                           "--until=^END$",
                           "--read-timeout=5s",
                           "-t",
                           "gap",
                           "-n",
                           "--compressed",
                           "--proxy=p:1",
                           "--noproxy=*",
                           "--resolve=h:1:2",
                           "--retry-status=502,5xx",
                           "--token-file=/t",
                           "--json={\"a\":[1]}",
                           "-0",
                           "-D;",
                           "-f{data}",
                           "--grep=x",
                           "--where=/a=b",
                           "--last-event-id",
                           "e-1",
                           "--reconnect-delay",
                           "0",
                           "--max-retries",
                           "0",
                           "--no-reconnect",
                           "--lifecycle",
                           "-X",
                           "PUT",
                           "-k",
                           "--unix-socket",
                           "/s",
                           "-v",
                           "--connect-timeout",
                           "1s",
                           "--line-bytes-max",
                           "1k",
                           "--event-bytes-max",
                           "2k",
                           "--color",
                           "never",
                           "http://h/"})
                        .options;
  CHECK(o.output == Output::json);
  CHECK(o.count == 3);
  CHECK(o.timeout == 2min);
  CHECK(o.idle == 500ms);
  CHECK(o.first_event == 1min);
  CHECK(o.until == "^END$");
  CHECK(o.read_timeout == 5s);
  CHECK(o.netrc);
  CHECK(o.compressed);
  CHECK(o.proxy == "p:1");
  CHECK(o.no_proxy == "*");
  CHECK(o.resolve == std::vector<std::string>{"h:1:2"});
  CHECK(o.retry_statuses == std::vector<std::string>{"502", "5xx"});
  CHECK(o.token_file == "/t");
  CHECK(o.json == std::vector<std::string>{"{\"a\":[1]}"});
  CHECK(o.null_delimiter);
  CHECK(o.stamp == Stamp::gap);
  CHECK(o.delimiter == ";");
  CHECK(o.output_template == "{data}");
  CHECK(o.patterns == std::vector<std::string>{"x"});
  CHECK(o.conditions == std::vector<std::string>{"/a=b"});
  CHECK(o.last_event_id == "e-1");
  CHECK(o.reconnect_delay == 0ms);
  CHECK(o.max_retries == 0);
  CHECK(o.no_reconnect);
  CHECK(o.lifecycle);
  CHECK(o.method == "PUT");
  CHECK(o.insecure);
  CHECK(o.unix_socket == "/s");
  CHECK(o.verbose);
  CHECK(o.connect_timeout == 1s);
  CHECK(o.line_bytes_max == 1024);
  CHECK(o.event_bytes_max == 2048);
  CHECK(o.color == When::never);
}

TEST_CASE("a repeatable option never swallows the URL") {
  const Options o = parse({"-e", "a", "-e", "!b", "-H", "X: [1,2]", "-d", "{\"a\":[1]}", "-d",
                           "[1,2]", "http://h/", "http://i/"})
                        .options;
  CHECK(o.events == std::vector<std::string>{"a", "!b"});
  CHECK(o.headers == std::vector<std::string>{"X: [1,2]"});
  CHECK(o.data == std::vector<std::string>{"{\"a\":[1]}", "[1,2]"});
  CHECK(o.urls == std::vector<std::string>{"http://h/", "http://i/"});
}

TEST_CASE("values out of range are refused") {
  using Arguments = std::vector<std::string>;
  for (const Arguments& bad : {Arguments{},
                               {"-c", "0", "u"},
                               {"-c", "x", "u"},
                               {"-W", "5", "u"},
                               {"-W", "0", "u"},
                               {"-o", "xml", "u"},
                               {"--color", "maybe", "u"},
                               {"--max-retries", "-1", "u"},
                               {"--cacert", "/nonexistent", "u"},
                               {"--line-bytes-max", "0", "u"},
                               {"--nonsense", "u"}})
    CHECK_FALSE(parse(bad).ok);
}
