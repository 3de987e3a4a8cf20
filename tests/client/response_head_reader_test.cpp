#include "client/response_head_reader.hpp"

#include <doctest/doctest.h>

using sse::client::ResponseHeadReader;
using State = ResponseHeadReader::State;

namespace {

State feed(ResponseHeadReader& reader, std::initializer_list<const char*> lines) {
  State last = State::reading;
  for (const char* line : lines) last = reader.add(std::string(line) + "\r\n");
  return last;
}

}  // namespace

TEST_CASE("a head is complete at its blank line") {
  ResponseHeadReader reader;
  CHECK(feed(reader, {"HTTP/1.1 200 OK", "CONTENT-type:  text/event-stream ",
                      "Content-Type: b/c"}) == State::reading);
  CHECK(feed(reader, {""}) == State::complete);
  CHECK(reader.head().status == 200);
  CHECK(reader.head().content_types == std::vector<std::string>{"text/event-stream", "b/c"});
  CHECK(feed(reader, {"Content-Type: trailer/x"}) == State::past);
  CHECK(reader.head().content_types.size() == 2);
}

TEST_CASE("1xx heads and redirects pass by and leave nothing behind") {
  ResponseHeadReader reader;
  CHECK(feed(reader, {"HTTP/1.1 103 Early", "Content-Type: a/b", ""}) == State::reading);
  CHECK(!reader.redirected());
  CHECK(feed(reader, {"HTTP/1.1 302 Found", "Location: /x", "Retry-After: 3", ""}) ==
        State::reading);
  CHECK(reader.redirected());
  CHECK(feed(reader, {"HTTP/2 503", "retry-after: 9", ""}) == State::complete);
  CHECK(reader.head().status == 503);
  CHECK(reader.head().content_types.empty());
  CHECK(reader.head().retry_after == "9");
}

TEST_CASE("a redirect that leads nowhere is a final head") {
  for (const char* status : {"HTTP/1.1 301 x", "HTTP/1.1 307 x"}) {
    ResponseHeadReader reader;
    CHECK(feed(reader, {status, "Location:", ""}) == State::complete);
  }
  ResponseHeadReader other;
  CHECK(feed(other, {"HTTP/1.1 300 x", "Location: /a", ""}) == State::complete);
}
