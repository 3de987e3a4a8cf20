#include "sse-bench/http1_session.hpp"

#include <string>

#include <doctest/doctest.h>

#include "bench/recorded_events.hpp"

using namespace sse::bench;
using sse::bench::test::RecordedEvents;

TEST_CASE("the request is sent once") {
  RecordedEvents events;
  Http1Session session("GET / HTTP/1.1\r\n\r\n", 7, events);
  CHECK(session.output() == "GET / HTTP/1.1\r\n\r\n");
  CHECK(session.output().empty());
  CHECK(session.output().empty());
}

TEST_CASE("an answer is told head first, wherever it is cut") {
  const std::string wire =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: x\n\n";
  for (std::size_t cut = 1; cut <= wire.size(); ++cut) {
    RecordedEvents events;
    Http1Session session("", 7, events);
    CHECK(session.receive(std::string_view(wire).substr(0, cut)));
    if (cut < wire.size()) CHECK(session.receive(std::string_view(wire).substr(cut)));
    const auto& stream = events.of(7);
    CHECK(stream.began == 1);
    CHECK(stream.answer.status == 200);
    CHECK(stream.answer.is_event_stream());
    CHECK(stream.body == "data: x\n\n");
    CHECK(stream.end == "the response ended");
  }
}

TEST_CASE("what is not HTTP ends the stream as no event stream") {
  RecordedEvents events;
  Http1Session session("", 7, events);
  CHECK(session.receive("SSH-2.0-OpenSSH\r\n\r\n"));
  CHECK(events.of(7).answer.status == 0);
  CHECK(events.of(7).failure == OpenFailure::not_event_stream);
  CHECK(events.of(7).end == "the answer is not HTTP/1.x");
}
