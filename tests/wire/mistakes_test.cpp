// Mistakes that parsers and publishers in use have made, each by name.
#include <doctest/doctest.h>

#include <sse/encoder.hpp>

#include "wire/transcript.hpp"

namespace sse::test {
namespace {

std::vector<std::string> data_of(std::string_view bytes) {
  std::vector<std::string> data;
  for (const Item& event : parse_whole(bytes).events()) data.push_back(event.text);
  CHECK(parse_pieces(bytes, 1) == parse_whole(bytes));
  return data;
}

using Data = std::vector<std::string>;

TEST_CASE("a CR that ends a block does not swallow the LF-only block after it") {
  CHECK(data_of("data: a\r\rdata: b\n\ndata: c\n\n") == Data{"a", "b", "c"});
  CHECK(data_of("data: a\r\r\n\ndata: b\n\n") == Data{"a", "b"});
}

TEST_CASE("retry alone dispatches no empty message") {
  CHECK(data_of("retry: 10\n\n").empty());
  CHECK(data_of("event: x\nid: 1\nretry: 10\n\n").empty());
}

TEST_CASE("an ID is not committed at its line: a cut stream resumes before the lost event") {
  const Transcript cut = parse_whole("id: 1\ndata: a\n\nid: 2\ndata: lost");
  CHECK(cut.last_event_id == "1");
  CHECK(parse_whole("id: 1\ndata: a\n\nid: 2\ndata: lost\n").last_event_id == "1");
  CHECK(parse_whole("id: 1\ndata: a\n\nid: 2\n\n").last_event_id == "2");
}

TEST_CASE("a BOM does not break the first field") {
  CHECK(data_of("\xEF\xBB\xBF"
                "data: a\n\n") == Data{"a"});
  CHECK(data_of("data: a\n\n\xEF\xBB\xBF"
                "data: b\n\ndata: c\n\n") == Data{"a", "c"});
}

TEST_CASE("lines end at CR as well as at LF") {
  CHECK(data_of("data: a\rdata: b\r\r") == Data{"a\nb"});
}

TEST_CASE("a field without a colon is a field") {
  CHECK(data_of("data\n\n") == Data{""});
  CHECK(parse_whole("id: 1\n\nid\ndata: x\n\n").last_event_id.empty());
}

TEST_CASE("an event type does not leak past a blank line") {
  const auto events =
      parse_whole("event: x\n\ndata: a\n\nevent: y\ndata: b\n\ndata: c\n\n").events();
  REQUIRE(events.size() == 3);
  CHECK(events[0].type == "message");
  CHECK(events[1].type == "y");
  CHECK(events[2].type == "message");
}

TEST_CASE("retry: 5abc is no number") {
  CHECK_FALSE(parse_whole("retry: 5abc\n\n").reconnection_time_ms);
  CHECK_FALSE(parse_whole("retry: 5 \n\n").reconnection_time_ms);
  CHECK_FALSE(parse_whole("retry:  5\n\n").reconnection_time_ms);
}

TEST_CASE("a publisher's text cannot become a field") {
  std::string out;
  encode({.comment = "c\ndata: owned\n\n",
          .data = "x\n\nevent: admin\r\rid: 9\r\n\r\ndata: owned\n\n"},
         out);
  const auto events = parse_whole(out).events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == "message");
  CHECK(events[0].text == "x\n\nevent: admin\n\nid: 9\n\ndata: owned\n\n");
  CHECK(events[0].last_event_id.empty());
}

TEST_CASE("a line break in id or event is refused, not cut off or escaped") {
  CHECK(validate({.id = "1\ndata: owned"})->fault == FieldFault::line_break);
  CHECK(validate({.event = "x\rdata: owned"})->fault == FieldFault::line_break);
}

}  // namespace
}  // namespace sse::test
