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
