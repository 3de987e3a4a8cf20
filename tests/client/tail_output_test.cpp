#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sse/event_parser.hpp>

#include "ending.hpp"
#include "formatter.hpp"
#include "printable.hpp"

using namespace sse::tail;
using namespace std::chrono_literals;
using sse::Event;
using sse::client::ErrorKind;

namespace {

std::string formatted(Formatter& formatter, const Event& event, std::string_view label = "") {
  std::string out;
  formatter.event(label, event, out);
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

std::string pretty(const Event& event, bool color = false) {
  return formatted(*make_pretty_formatter(color, [] { return "12:00:00"; }), event);
}

}  // namespace

TEST_CASE("data prints the data and a newline") {
  const auto f = make_data_formatter();
  CHECK(formatted(*f, {"x", "a\nb", "1"}) == "a\nb\n");
  CHECK(formatted(*f, {"x", "", "1"}) == "\n");
}

TEST_CASE("json has event and data always, id when there is one, nothing else") {
  const auto f = make_json_formatter({});
  CHECK(formatted(*f, {"message", "", ""}) == "{\"event\":\"message\",\"data\":\"\"}\n");
  CHECK(formatted(*f, {"x", "a\n\"b\"", "e-1"}) ==
        "{\"id\":\"e-1\",\"event\":\"x\",\"data\":\"a\\n\\\"b\\\"\"}\n");
  CHECK(nlohmann::json::parse(formatted(*f, {"x", "a", ""}, "http://h/"))["url"] == "http://h/");
  std::string out;
  f->open("", {}, out);
  f->error("", {ErrorKind::lost}, out);
  f->close("", "count", out);
  CHECK(out.empty());
}

TEST_CASE("json-data embeds data that is JSON on one line, and other data as a string") {
  const auto f = make_json_formatter({.embed_data = true});
  CHECK(formatted(*f, {"x", "{\"a\": [1,\n 2.50, \"b c\"]}", ""}) ==
        "{\"event\":\"x\",\"data\":{\"a\":[1,2.50,\"b c\"]}}\n");
  CHECK(formatted(*f, {"x", "{", ""}) == "{\"event\":\"x\",\"data\":\"{\"}\n");
}

TEST_CASE("the delimiter ends every record") {
  const std::string nul(1, '\0');
  CHECK(formatted(*make_data_formatter(nul), {"x", "a\nb", ""}) == "a\nb" + nul);
  CHECK(formatted(*make_json_formatter({.delimiter = ";"}), {"x", "", ""}) ==
        "{\"event\":\"x\",\"data\":\"\"};");
}

TEST_CASE("a template knows number, time and gap of an event, and its stream") {
  std::uint64_t now = 1'000;
  const auto f = make_template_formatter(*OutputTemplate::parse("{n} {gap} {time} {url} {data}"),
                                         "http://h/", "|", [&now] { return now; });
  CHECK(formatted(*f, {"x", "a", ""}) == "1 0.000 1970-01-01T00:00:01.000Z http://h/ a|");
  now += 61'005;
  CHECK(formatted(*f, {"x", "b", ""}, "http://i/") ==
        "2 61.005 1970-01-01T00:01:02.005Z http://i/ b|");
}

TEST_CASE("life-cycle records have a kind and no data") {
  const auto f = make_json_formatter({.lifecycle = true});
  std::string out;
  f->open("", {}, out);
  f->comment("", " hb", out);
  f->retry("", 20, out);
  f->error("", {.kind = ErrorKind::refused, .message = "m", .status = 503, .reconnect_in = 9ms},
           out);
  f->error("", {.kind = ErrorKind::lost, .message = "m"}, out);
  f->close("", "lost", out);
  CHECK(out ==
        "{\"kind\":\"open\"}\n"
        "{\"kind\":\"comment\",\"comment\":\" hb\"}\n"
        "{\"kind\":\"retry\",\"retry\":20}\n"
        "{\"kind\":\"error\",\"error\":\"refused\",\"message\":\"m\",\"status\":503,"
        "\"reconnect_ms\":9}\n"
        "{\"kind\":\"error\",\"error\":\"lost\",\"message\":\"m\"}\n"
        "{\"kind\":\"close\",\"reason\":\"lost\"}\n");
}

TEST_CASE("sse reads back as the same events") {
  const auto f = make_sse_formatter();
  const Event events[]{{"message", "a", ""},
                       {"x", "b\n\nc", "1"},
                       {"message", "", "1"},
                       {"message", "id gone", ""},
                       {"message", "still", ""}};
  std::string bytes;
  for (const Event& event : events) f->event("", event, bytes);
  sse::EventParser parser;
  parser.feed(bytes);
  for (const Event& event : events) {
    REQUIRE(parser.next() == sse::ParseResult::event);
    CHECK(parser.event().type == event.type);
    CHECK(parser.event().data == event.data);
    CHECK(parser.event().last_event_id == event.last_event_id);
  }
  CHECK(parser.next() == sse::ParseResult::need_input);
}

TEST_CASE("raw prints bytes, not events") {
  const auto f = make_raw_formatter();
  CHECK(formatted(*f, {"x", "a", "1"}).empty());
  std::string out;
  f->bytes("", ": x\r\n\xff", out);
  CHECK(out == ": x\r\n\xff");
}

TEST_CASE("pretty aligns lines and lets nothing steer the terminal") {
  CHECK(pretty({"message", "a\nb", "7"}) == "12:00:00 message 7 a\n         b\n");
  CHECK(pretty({"x\x1b", "\x1b[2J\r\x7f\tz", ""}) == "12:00:00 x\\x1b \\x1b[2J\\x0d\\x7f\tz\n");
  const std::string colored = pretty({"news", "a", "7"}, true);
  CHECK(colored.find("\x1b[1;36mnews\x1b[0m") != std::string::npos);
  CHECK(pretty({"gap", "{}", ""}, true).find("\x1b[2mgap") != std::string::npos);
}

TEST_CASE("pretty lays JSON out when it is long, and keeps it on the line when it is short") {
  CHECK(pretty({"m", R"({"a":[1,{"b":null}],"c":{}})", ""}) ==
        "12:00:00 m {\"a\": [1, {\"b\": null}], \"c\": {}}\n");
  const std::string text(60, 'x');
  CHECK(pretty({"m", "{\"a\":[1,[]],\"" + text + "\":\"\u202e,\"}", ""}) ==
        "12:00:00 m\n         {\n           \"a\": [\n             1,\n             []\n"
        "           ],\n           \"" +
            text + "\": \"\\u202e,\"\n         }\n");
  CHECK(pretty({"m", "[1,", ""}) == "12:00:00 m [1,\n");
  const std::string deep = std::string(20'000, '[') + std::string(20'000, ']');
  CHECK(pretty({"m", deep, ""}).size() < 200 * deep.size());
}

TEST_CASE("pretty gives each stream a colour of its own, and comments no line") {
  const auto f = make_pretty_formatter(true, [] { return std::string(); });
  const std::string one = formatted(*f, {"m", "a", ""}, "http://a/");
  const std::string two = formatted(*f, {"m", "a", ""}, "http://b/");
  CHECK(one.substr(0, 5) != two.substr(0, 5));
  CHECK(formatted(*f, {"m", "a", ""}, "http://a/") == one);
  std::string out;
  f->comment("", "heartbeat", out);
  CHECK(out.empty());
}

TEST_CASE("printable text keeps letters and shows what is not") {
  CHECK(printable("a\u00e4\u2026\U0001F600\t") == "a\u00e4\u2026\U0001F600\t");
  CHECK(printable("\u0085\u009b") == "\\x85\\x9b");
  CHECK(printable("\u202e\u2066") == "\\u202e\\u2066");
  CHECK(printable(std::string("\0", 1)) == "\\x00");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
}

TEST_CASE("each way to end has its exit status") {
  using sse::cli::Exit;
  CHECK(exit_for(ErrorKind::ended, false) == Exit::ok);
  CHECK(exit_for(ErrorKind::ended, true) == Exit::ended_early);
  CHECK(exit_for(ErrorKind::no_content, false) == Exit::ok);
  CHECK(exit_for(ErrorKind::lost, false) == Exit::ended_early);
  CHECK(exit_for(ErrorKind::unreachable, false) == Exit::connect);
  CHECK(exit_for(ErrorKind::refused, true) == Exit::refused);
  CHECK(exit_for(ErrorKind::not_event_stream, true) == Exit::not_event_stream);
  CHECK(exit_for(ErrorKind::idle, false) == Exit::time_limit);
  CHECK(exit_for(ErrorKind::limit, false) == Exit::failure);
}
