#include <memory>

#include <doctest/doctest.h>

#include "client/fakes.hpp"

using namespace sse::client;
using namespace std::chrono_literals;

TEST_CASE("a stream is announced, then interpreted as it arrives") {
  Bench b;
  CHECK(b.transport.requests.empty());
  b.source.connect();
  REQUIRE(b.transport.requests.size() == 1);
  CHECK(b.sent("Accept") == "text/event-stream");
  CHECK(b.sent("Cache-Control") == "no-cache");
  CHECK(!b.sent("Last-Event-ID"));
  b.transport.head(200);
  CHECK(b.recorder.take() == Heard{"open"});
  CHECK(b.transport.body("id: 1\ndata: a\n\nevent: x\nda") == Flow::more);
  CHECK(b.recorder.take() == Heard{"message 'a' id=1"});
  b.transport.body("ta: b\n\n");
  CHECK(b.recorder.take() == Heard{"x 'b' id=1"});
}

TEST_CASE("a blank line dispatches at once, also a lone CR at the end of a piece") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.body("data: a\r\r");
  CHECK(b.recorder.take() == Heard{"open", "message 'a' id="});
  b.transport.body("\ndata: b\n\n");
  CHECK(b.recorder.take() == Heard{"message 'b' id="});
}

TEST_CASE("the end of a stream reestablishes it after the reconnection time, with one error") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.body("id: 7\nretry: 1000\ndata: a\n\nid: 8\ndata: unfinished\n");
  b.transport.end();
  CHECK(b.recorder.take() == Heard{"open", "retry 1000", "message 'a' id=7", "error"});
  CHECK(b.recorder.errors[0].kind == ErrorKind::ended);
  CHECK(b.recorder.errors[0].reconnect_in == 1000ms);
  b.advance(999);
  CHECK(b.transport.requests.size() == 1);
  b.advance(1);
  REQUIRE(b.transport.requests.size() == 2);
  CHECK(b.transport.requests[1].url == "http://host/stream");  // not where redirects led
  CHECK(b.sent("Last-Event-ID") == "7");
  b.transport.head(200);
  b.transport.body("data: b\n\n");
  CHECK(b.recorder.take() == Heard{"open", "message 'b' id=7"});
}

TEST_CASE("the id and the reconnection time outlive connections that name none") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.body("id: \u2026\nretry: 20\ndata: a\n\n");
  for (std::size_t round = 2; round < 5; ++round) {
    b.transport.end();
    b.advance(20);
    REQUIRE(b.transport.requests.size() == round);
    CHECK(b.sent("Last-Event-ID") == "\u2026");
    b.transport.head(200);
    b.transport.body("data\n\n");
  }
}

TEST_CASE("a block without data moves the position; an empty id clears it") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.body("id: p\n\n");
  CHECK(b.source.last_event_id() == "p");
  b.transport.body("id\n\n");
  b.transport.end();
  b.advance(60'000);
  REQUIRE(b.transport.requests.size() == 2);
  CHECK(!b.sent("Last-Event-ID"));
}

TEST_CASE("retry counts at once, without a blank line or data") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.body("data\n\nretry: 5\n");
  b.transport.end();
  CHECK(b.recorder.errors[0].reconnect_in == 5ms);
}

TEST_CASE("a position given from outside is sent by the first request") {
  auto options = Bench::options();
  options.last_event_id = "e1-42";
  Bench b(options);
  b.source.connect();
  CHECK(b.sent("Last-Event-ID") == "e1-42");
}

TEST_CASE("an id that is no legal header value is left out, and said once") {
  Bench b;
  b.source.connect();
  for (int round = 0; round < 2; ++round) {
    b.transport.head(200);
    b.transport.body("id: a\x01z\ndata: x\n\n");
    b.transport.end();
    b.advance(3000);
    CHECK(!b.sent("Last-Event-ID"));
  }
  CHECK(b.transport.requests.size() == 3);
  CHECK(b.recorder.warnings == 1);
}

TEST_CASE("close() in the middle of a piece delivers nothing more") {
  Bench b;
  b.recorder.close_at_event = &b.source;
  b.source.connect();
  b.transport.head(200);
  CHECK(b.transport.body("data: a\n\ndata: b\n\n") == Flow::stop);
  CHECK(b.recorder.take() == Heard{"open", "message 'a' id="});
  CHECK(b.source.closed());
  CHECK(!b.transport.running());
  b.advance(1'000'000);
  CHECK(b.transport.requests.size() == 1);
}

TEST_CASE("the position outlives the bytes it came with, also after close() in their middle") {
  const std::string id = "longer than what a string holds by itself";
  for (const bool close : {false, true}) {
    Bench b;
    if (close) b.recorder.close_at_event = &b.source;
    b.source.connect();
    b.transport.head(200);
    auto bytes = std::make_unique<std::string>("id: " + id + "\ndata: a\n\ndata: b\n\nid: no");
    b.transport.body(*bytes);
    bytes.reset();
    CHECK(b.source.last_event_id() == id);
  }
}

TEST_CASE("close() while waiting ends the wait") {
  Bench b;
  b.source.connect();
  b.transport.end(TransferResult::unreachable, "refused");
  CHECK(b.source.deadline());
  b.source.close();
  CHECK(!b.source.deadline());
  b.advance(1'000'000);
  CHECK(b.transport.requests.size() == 1);
}

TEST_CASE("an observer that is full pauses the transfer until resume()") {
  auto options = Bench::options();
  options.idle_max = 100ms;
  Bench b(options);
  b.source.connect();
  b.transport.head(200);
  b.recorder.wants_more = false;
  CHECK(b.transport.body("data: a\n\n") == Flow::pause);
  b.advance(10'000);
  CHECK(b.recorder.errors.empty());  // our own pause is no idle connection
  b.source.resume();
  b.source.resume();
  CHECK(b.transport.resumes == 1);
  CHECK(b.source.deadline() == b.now_ms + 100);
}

TEST_CASE("comments are reported when asked for") {
  auto options = Bench::options();
  options.report_comments = true;
  Bench b(options);
  b.source.connect();
  b.transport.head(200);
  b.transport.body(":one\n: two\n");
  CHECK(b.recorder.take() == Heard{"open", "comment one", "comment  two"});
}

TEST_CASE("reconnect_now() leaves an open stream and cuts a wait short") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.body("id: 3\ndata: a\n\n");
  b.source.reconnect_now();
  CHECK(b.recorder.take() == Heard{"open", "message 'a' id=3", "error"});
  CHECK(!b.transport.running());
  b.advance(0);
  REQUIRE(b.transport.requests.size() == 2);
  CHECK(b.sent("Last-Event-ID") == "3");
  b.transport.end(TransferResult::unreachable, "refused");
  b.recorder.take();
  b.source.reconnect_now();
  CHECK(b.recorder.take() == Heard{});  // nothing was lost by it
  b.advance(0);
  CHECK(b.transport.requests.size() == 3);
}
