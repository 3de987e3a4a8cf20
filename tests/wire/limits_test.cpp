// Limits: the only way parsing fails.
#include <doctest/doctest.h>

#include "wire/transcript.hpp"

namespace sse::test {
namespace {

constexpr ParserLimits kSmall{.line_bytes_max = 10, .event_bytes_max = 100};
constexpr ParserLimits kSmallEvent{.line_bytes_max = 100, .event_bytes_max = 8};

void check_error(std::string_view bytes, std::optional<ParseResult> error,
                 ParserLimits limits = kSmall) {
  CAPTURE(bytes);
  CHECK(parse_whole(bytes, limits).error == error);
  CHECK(parse_pieces(bytes, 1, limits).error == error);
  CHECK(parse_pieces(bytes, 3, limits).error == error);
}

void check_event(std::string_view bytes, std::optional<ParseResult> error) {
  check_error(bytes, error, kSmallEvent);
}

TEST_CASE("line_bytes_max is the longest field line") {
  check_error("event: 789\n\n", std::nullopt);
  check_error("event: 7890\n\n", ParseResult::line_too_long);
  check_error("id: 567890\r\r", std::nullopt);
  check_error("id: 5678901\r\r", ParseResult::line_too_long);
  check_error("retry:00000\n", ParseResult::line_too_long);
}

TEST_CASE("a line is too long as soon as it is, not when it ends") {
  check_error("event: 7890", ParseResult::line_too_long);
}

TEST_CASE("comments and unknown fields have no limit") {
  check_error(":890123456789012345678901234567890\n", std::nullopt);
  check_error("unknown: 0123456789012345678901234567890\n", std::nullopt);
  check_error("unknown-without-colon\n", std::nullopt);
  check_error("dataset\nevents: 67890\n", std::nullopt);
}

TEST_CASE("event_bytes_max counts an LF after each line") {
  check_event("data:12345678\n\n", ParseResult::event_too_long);
  check_event("data:1234567\n\n", std::nullopt);
  check_event("data:1\ndata:3\ndata:5\ndata:7\n\n", std::nullopt);
  check_event("data:1\ndata:3\ndata:5\ndata:7\ndata\n\n", ParseResult::event_too_long);
  check_event("data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n", std::nullopt);
}

TEST_CASE("event_bytes_max counts what the data is after decoding") {
  check_event("data:\xFF\xFF\n\n", std::nullopt);
  check_event("data:\xFF\xFF\xFF\n\n", ParseResult::event_too_long);
}

TEST_CASE("limits of zero and without bounds") {
  CHECK(parse_whole("data\n", {.line_bytes_max = 0}).error == ParseResult::line_too_long);
  CHECK(parse_whole("data\n", {.event_bytes_max = 0}).error == ParseResult::event_too_long);
  const ParserLimits none{.line_bytes_max = SIZE_MAX, .event_bytes_max = SIZE_MAX};
  const std::string stream = ": a comment\ndata: " + std::string(200, 'x') + "\ndata: y\n\n";
  CHECK(parse_pieces(stream, 7, none).items.size() == 2);
}

TEST_CASE("a reported comment is cut, at the start of a character") {
  for (const std::size_t piece : {1u, 2u, 5u, 100u}) {
    CHECK(parse_pieces(":0123456789ab\n", piece, kSmall).items[0].text == "0123456789");
    CHECK(parse_pieces(":01234567\xE2\x82\xAC\n", piece, kSmall).items[0].text == "01234567");
    CHECK(parse_pieces(":0123456\xE2\x82\xACz\n", piece, kSmall).items[0].text ==
          "0123456\xE2\x82\xAC");
  }
}

TEST_CASE("after an error the parser stays in it until reset") {
  EventParser parser(kSmallEvent);
  parser.feed("id: 1\n\ndata:12345678\n\ndata: x\n\n");
  CHECK(parser.next() == ParseResult::event_too_long);
  CHECK(parser.next() == ParseResult::event_too_long);
  CHECK(parser.last_event_id() == "1");
  parser.reset();
  parser.feed("data: y\n\n");
  REQUIRE(parser.next() == ParseResult::event);
  CHECK(parser.event().data == "y");
  CHECK(parser.event().last_event_id == "1");
}

TEST_CASE("errors have names") {
  CHECK(describe(ParseResult::line_too_long) == "line longer than line_bytes_max");
  CHECK(describe(ParseResult::event_too_long) == "event larger than event_bytes_max");
  CHECK(describe(ParseResult::event).empty());
}

}  // namespace
}  // namespace sse::test
