#include "sse-bench/response_head.hpp"

#include <string>

#include <doctest/doctest.h>

using sse::bench::ResponseHead;
using State = ResponseHead::State;

namespace {

// Feeds whole and byte by byte; both must take the head and nothing of the body.
ResponseHead read(const std::string& head, const std::string& body = "data: x\n\n") {
  const std::string bytes = head + body;
  ResponseHead whole;
  const std::size_t taken = whole.feed(bytes);
  ResponseHead pieces;
  for (const char c : bytes)
    if (pieces.state() == State::reading) pieces.feed(std::string_view(&c, 1));
  CHECK(pieces.state() == whole.state());
  if (whole.state() == State::complete) {
    CHECK(taken == head.size());
    CHECK(pieces.answer().status == whole.answer().status);
    CHECK(pieces.chunked() == whole.chunked());
    CHECK(pieces.answer().content_type == whole.answer().content_type);
  }
  return whole;
}

}  // namespace

TEST_CASE("the head of a stream is read to its blank line") {
  const ResponseHead head =
      read("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nX: y\r\n\r\n");
  REQUIRE(head.state() == State::complete);
  CHECK(head.answer().status == 200);
  CHECK(head.answer().status_text == "200 OK");
  CHECK(head.answer().ok());
  CHECK(head.answer().is_event_stream());
  CHECK_FALSE(head.chunked());
  CHECK_FALSE(head.close());
  CHECK_FALSE(head.content_length().has_value());
}

TEST_CASE("names and the media type are compared without case, line ends may be LF") {
  const ResponseHead head =
      read("HTTP/1.1 200\ncontent-TYPE:TEXT/Event-Stream\nTRANSFER-encoding: gzip, Chunked\n\n");
  REQUIRE(head.state() == State::complete);
  CHECK(head.answer().is_event_stream());
  CHECK(head.chunked());
}

TEST_CASE("other media types are not event streams") {
  CHECK_FALSE(
      read("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n").answer().is_event_stream());
  CHECK_FALSE(read("HTTP/1.1 200 OK\r\nContent-Type: text/event-streams\r\n\r\n")
                  .answer()
                  .is_event_stream());
  CHECK_FALSE(read("HTTP/1.1 200 OK\r\n\r\n").answer().is_event_stream());
}

TEST_CASE("interim responses are skipped") {
  const ResponseHead head = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n");
  REQUIRE(head.state() == State::complete);
  CHECK(head.answer().status == 404);
  CHECK_FALSE(head.answer().ok());
  CHECK(head.content_length() == 3);
}

TEST_CASE("whether the connection can be used again") {
  CHECK(read("HTTP/1.0 200 OK\r\n\r\n").close());
  CHECK_FALSE(read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").close());
  CHECK(read("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n").close());
}

TEST_CASE("what is no response is malformed") {
  for (const char* bad :
       {"SSH-2.0-x\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"})
    CHECK_MESSAGE(read(bad).state() == State::malformed, bad);
}

TEST_CASE("an endless head is malformed") {
  ResponseHead head;
  head.feed("HTTP/1.1 200 OK\r\nX: ");
  head.feed(std::string(ResponseHead::kHeadBytesMax, 'a'));
  CHECK(head.state() == State::malformed);
}
