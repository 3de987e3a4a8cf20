// The contract of EventParser beyond the standard's cases: views, reports, reset, moves.
#include <memory>

#include <doctest/doctest.h>

#include "wire/transcript.hpp"

namespace sse::test {
namespace {

using namespace std::string_view_literals;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

TEST_CASE("an event with one data line is handed out as a view into the input") {
  const std::string input = "event: tick\ndata: caf\xC3\xA9 and more than fits a small string\n\n";
  EventParser parser;
  parser.feed(input);
  REQUIRE(parser.next() == ParseResult::event);
  CHECK(lies_in(parser.event().data, input));
  CHECK(lies_in(parser.event().type, input));
}

TEST_CASE("next() is idle without input and may be called again") {
  EventParser parser;
  CHECK(parser.next() == ParseResult::need_input);
  parser.feed("data: x\n");
  CHECK(parser.next() == ParseResult::need_input);
  CHECK(parser.next() == ParseResult::need_input);
  parser.feed("");
  CHECK(parser.next() == ParseResult::need_input);
  parser.feed("\n");
  REQUIRE(parser.next() == ParseResult::event);
  CHECK(parser.event().data == "x");
}

TEST_CASE("a lone CR that ends the chunk dispatches at once, and the LF after it is swallowed") {
  EventParser parser;
  parser.feed("data: a\r\n\r");
  REQUIRE(parser.next() == ParseResult::event);
  CHECK(parser.next() == ParseResult::need_input);
  parser.feed("\ndata: b\n\n");
  REQUIRE(parser.next() == ParseResult::event);
  CHECK(parser.event().data == "b");
}

TEST_CASE("a CR does not swallow an LF that comes later in another line") {
  const Transcript seen = parse_pieces("data: a\rdata: b\n\n", 9);
  REQUIRE(seen.events().size() == 1);
  CHECK(seen.events()[0].text == "a\nb");
}

TEST_CASE("reports are off unless asked for") {
  Recorder quiet({}, {});
  quiet.feed(":c\nretry: 5\nid: 1\n\ndata: x\n\n");
  CHECK(quiet.transcript().items.size() == 1);
  CHECK(quiet.transcript().reconnection_time_ms == 5);
  CHECK(quiet.transcript().last_event_id == "1");
}

TEST_CASE("comments, retries and positions are reported in order") {
  const Transcript seen = parse_whole(": c\xFF\nretry: 5\nretry: x\nid: 1\n\nid\ndata: x\n\n");
  REQUIRE(seen.items.size() == 4);
  CHECK(seen.items[0] == Item{ParseResult::comment, "", " c\xEF\xBF\xBD", "", 0});
  CHECK(seen.items[1] == Item{ParseResult::retry, "", "", "", 5});
  CHECK(seen.items[2] == Item{ParseResult::position, "", "", "1", 0});
  CHECK(seen.items[3] == Item{ParseResult::event, "message", "x", "", 0});
}

TEST_CASE("retry is clamped to what every client can hold") {
  CHECK(parse_whole("retry: 9007199254740991\n").reconnection_time_ms == 9007199254740991);
  CHECK(parse_whole("retry: 9007199254740992\n").reconnection_time_ms == 9007199254740991);
  CHECK(parse_whole("retry: 99999999999999999999999\n").reconnection_time_ms == 9007199254740991);
  CHECK(parse_whole("retry: 000000000000000000000000012\n").reconnection_time_ms == 12);
  CHECK_FALSE(
      parse_whole("retry:\nretry\nretry: -1\nretry: 1.5\nretry: +1\n").reconnection_time_ms);
}

TEST_CASE("reset keeps the last event ID and the reconnection time, and drops what is pending") {
  Recorder recorder;
  recorder.feed("id: 1\nretry: 7\n\nid: 2\nevent: lost\ndata: lost\nda");
  recorder.parser().reset();
  recorder.feed(
      "\xEF\xBB\xBF"
      "data: x\n\n");
  const Transcript seen = recorder.transcript();
  REQUIRE(seen.events().size() == 1);
  CHECK(seen.events()[0] == Item{ParseResult::event, "message", "x", "1", 0});
  CHECK(seen.reconnection_time_ms == 7);
}

TEST_CASE("reset forgets a CR and half a BOM") {
  EventParser parser;
  parser.feed("\xEF\xBB");
  CHECK(parser.next() == ParseResult::need_input);
  parser.reset();
  parser.feed("data: a\r");
  CHECK(parser.next() == ParseResult::need_input);
  parser.reset();
  parser.feed("data: b\n\n");
  REQUIRE(parser.next() == ParseResult::event);
  CHECK(parser.event().data == "b");
}

TEST_CASE("reset drops input that was not looked at") {
  EventParser parser;
  parser.feed("data: a\n\ndata: b\n\n");
  REQUIRE(parser.next() == ParseResult::event);
  parser.reset("9");
  CHECK(parser.next() == ParseResult::need_input);
  CHECK(parser.last_event_id() == "9");
}

TEST_CASE("a stored position may be a view of the parser's own") {
  EventParser parser;
  parser.reset("a longer position than a small string holds");
  parser.reset(parser.last_event_id().substr(2));
  CHECK(parser.last_event_id() == "longer position than a small string holds");
}

TEST_CASE("the last event ID string outlives the input, however that ends") {
  const std::string id = "a longer one than a small string holds";
  for (const auto rest : {""sv, "id: not committed"sv, "data: too long\n"sv}) {
    for (const bool by_reset : {false, true}) {
      EventParser parser({.line_bytes_max = 64, .event_bytes_max = 8});
      auto input = std::make_unique<std::string>("id: " + id + "\ndata: a\n\n");
      input->append(rest);
      parser.feed(*input);
      REQUIRE(parser.next() == ParseResult::event);
      by_reset ? parser.reset() : static_cast<void>(parser.next());
      input.reset();
      CHECK(parser.last_event_id() == id);
    }
  }
}

TEST_CASE("half a BOM is no BOM: it begins the name of an unknown field") {
  for (const auto start : {"\xEF"sv, "\xEF\xBB"sv}) {
    const std::string bytes = std::string(start) + "data: a\ndata: b\n\n";
    for (const std::size_t piece : {1u, 2u, 3u, 100u}) {
      const auto events = parse_pieces(bytes, piece).events();
      REQUIRE(events.size() == 1);
      CHECK(events[0].text == "b");
    }
  }
}

TEST_CASE("a parser may be moved in the middle of a line") {
  EventParser first;
  first.feed("data: a lo");
  CHECK(first.next() == ParseResult::need_input);
  EventParser second = std::move(first);
  second.feed("ng one\n\n");
  REQUIRE(second.next() == ParseResult::event);
  CHECK(second.event().data == "a long one");
}

}  // namespace
}  // namespace sse::test
