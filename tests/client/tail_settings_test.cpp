#include "settings.hpp"

#include <cstdio>
#include <fstream>

#include <doctest/doctest.h>

#include "support/temp_folder.hpp"

using namespace sse::tail;
using Lines = std::vector<std::string>;

namespace {

Options options() {
  Options o;
  o.urls = {"http://h/"};
  return o;
}

std::string refusal(const Options& o) {
  const auto settings = resolve(o, {});
  return settings ? "" : settings.error().message;
}

}  // namespace

TEST_CASE("the format depends on the terminal unless given") {
  Options o = options();
  CHECK(resolve(o, {})->output == Output::data);
  CHECK(resolve(o, {.stdout_is_terminal = true})->output == Output::pretty);
  o.output = Output::sse;
  CHECK(resolve(o, {.stdout_is_terminal = true})->output == Output::sse);
}

TEST_CASE("colour needs a terminal and no NO_COLOR, unless --color says so") {
  Options o = options();
  CHECK(!resolve(o, {})->color);
  CHECK(resolve(o, {.stdout_is_terminal = true})->color);
  CHECK(!resolve(o, {.stdout_is_terminal = true, .no_color = true})->color);
  o.color = When::always;
  CHECK(resolve(o, {.no_color = true})->color);
  o.color = When::never;
  CHECK(!resolve(o, {.stdout_is_terminal = true})->color);
}

TEST_CASE("a status line needs a terminal that can move its cursor, for both outputs") {
  const Options o = options();
  CHECK(resolve(o, {.stdout_is_terminal = true, .stderr_is_terminal = true})->status_line);
  CHECK(!resolve(o, {.stdout_is_terminal = true})->status_line);
  CHECK(!resolve(o, {.stderr_is_terminal = true})->status_line);
  CHECK(!resolve(o, {.stdout_is_terminal = true, .stderr_is_terminal = true, .dumb = true})
             ->status_line);
}

TEST_CASE("contradictions are refused") {
  Options o = options();
  o.lifecycle = true;
  CHECK(resolve(o, {})->output == Output::json);
  o.output = Output::data;
  CHECK(refusal(o).find("--lifecycle") == 0);
  o = options();
  o.output = Output::raw;
  CHECK(refusal(o).empty());
  o.events = {"x"};
  CHECK(refusal(o).find("-e") != std::string::npos);
  o = options();
  o.output = Output::raw;
  o.urls.push_back("http://i/");
  CHECK(!refusal(o).empty());
  o = options();
  o.output_template = "{data}";
  CHECK(resolve(o, {.stdout_is_terminal = true})->output == Output::templated);
  o.output = Output::json;
  CHECK(refusal(o).find("--format") == 0);
  o = options();
  o.null_delimiter = true;
  CHECK(resolve(o, {})->delimiter == std::string(1, '\0'));
  CHECK(refusal(o).empty());
  o.output = Output::sse;
  CHECK(refusal(o).find("--null") == 0);
  o.output = Output::json_data;
  o.delimiter = "\\t";
  CHECK(refusal(o).find("--null") == 0);
  o.null_delimiter = false;
  CHECK(resolve(o, {})->delimiter == "\t");
}

TEST_CASE("what cannot be parsed names its option") {
  const auto refused = [](auto change) {
    Options o = options();
    change(o);
    return refusal(o);
  };
  CHECK(refused([](Options& o) { o.output_template = "{nonsense}"; }).find("--format: ") == 0);
  CHECK(refused([](Options& o) { o.patterns = {"("}; }).find("--grep: ") == 0);
  CHECK(refused([](Options& o) { o.until = "["; }).find("--until: ") == 0);
  CHECK(refused([](Options& o) { o.conditions = {"a=b"}; }).find("--where: ") == 0);
  CHECK(refused([](Options& o) { o.delimiter = "\\q"; }).find("--delimiter: ") == 0);
}

TEST_CASE("a bad URL among good ones is refused") {
  Options o = options();
  o.urls.push_back("http://this is invalid/");
  CHECK(refusal(o).find("this is invalid") != std::string::npos);
}

TEST_CASE("a body makes it POST, -X has the last word") {
  Options o = options();
  CHECK(resolve(o, {})->sources[0].request.method == "GET");
  CHECK(!resolve(o, {})->sources[0].request.body);
  o.data = {"a=1", "b=2"};
  CHECK(resolve(o, {})->sources[0].request.method == "POST");
  CHECK(resolve(o, {})->sources[0].request.body == "a=1&b=2");
  o.method = "PUT";
  CHECK(resolve(o, {})->sources[0].request.method == "PUT");
  for (const char* bad : {"HEAD", "GE T", "G\r\nX"}) {
    o.method = bad;
    CHECK(refusal(o).find("--request") == 0);
  }
}

TEST_CASE("headers and bodies come from files too, and a file that is not there is named") {
  const sse::test::TempFolder folder;
  const std::string path = folder / "lines";
  std::ofstream(path) << "Authorization: Bearer x\r\n\nX-B: c\n";
  Options o = options();
  o.headers = {"X-A: b", "@" + path};
  o.data = {"@" + path};
  const auto settings = resolve(o, {});
  std::remove(path.c_str());
  REQUIRE(settings);
  const auto& request = settings->sources[0].request;
  CHECK(request.headers == Lines{"X-A: b", "Authorization: Bearer x", "X-B: c"});
  CHECK(request.body == "Authorization: Bearer x\r\n\nX-B: c\n");
  CHECK(refusal(o).find(path) != std::string::npos);
}

TEST_CASE("a header must be one line with a name") {
  for (const char* bad : {"nonsense", ": x", "A: b\r\nC: d"}) {
    Options o = options();
    o.headers = {bad};
    CHECK_MESSAGE(refusal(o).find("--header") == 0, bad);
  }
}

TEST_CASE("a Last-Event-ID header is the starting position") {
  Options o = options();
  o.headers = {"last-event-id:  e-7"};
  CHECK(resolve(o, {})->sources[0].last_event_id == "e-7");
  CHECK(resolve(o, {})->sources[0].request.headers.empty());
  o.last_event_id = "e-9";
  CHECK(resolve(o, {})->sources[0].last_event_id == "e-9");
  o.last_event_id = "a\x01";
  CHECK(refusal(o).find("--last-event-id") == 0);
}

TEST_CASE("--no-reconnect is no retry at all") {
  Options o = options();
  o.max_retries = 5;
  CHECK(resolve(o, {})->sources[0].reconnect.retries_max == 5);
  o.no_reconnect = true;
  CHECK(resolve(o, {})->sources[0].reconnect.retries_max == 0);
}
