#include "sse-bench/http2_session.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include "bench/http2_server.hpp"
#include "bench/recorded_events.hpp"

using namespace sse::bench;
using sse::bench::test::Http2Server;
using sse::bench::test::RecordedEvents;

namespace {

constexpr std::uint32_t kFirst = 200;  // of the streams; their identifiers are 1, 3, 5 ...

const Http2Server::Fields kStream = {{":status", "200"}, {"content-type", "text/event-stream"}};

StreamRequests some_requests() {
  StreamRequests out;
  out.scheme = "https";
  out.authority = "localhost:8443";
  out.paths = {"/news-1", "/news-2"};
  out.fields = {{"Accept", "text/event-stream"}};
  return out;
}

// A session of some streams, and the server it has exchanged the requests with.
struct Fixture {
  explicit Fixture(std::uint32_t streams, std::uint32_t streams_max = 1000)
      : server(streams_max), client(requests, kFirst, streams, 1, events) {
    REQUIRE(server.exchange(client));
  }
  explicit Fixture() : Fixture(3) {}

  void open_all() {
    for (const auto& [id, fields] : server.requests()) server.answer(id, kStream);
    REQUIRE(server.exchange(client));
  }

  const StreamRequests requests = some_requests();
  RecordedEvents events;
  Http2Server server;
  Http2Session client;
};

}  // namespace

TEST_CASE("nothing is asked for before the server's settings have come") {
  const StreamRequests requests = some_requests();
  RecordedEvents events;
  Http2Session client(requests, 0, 1, 0, events);
  const std::string preface(client.output());
  CHECK(preface.starts_with("PRI * HTTP/2.0\r\n"));
  CHECK(preface.find("/news") == std::string::npos);
  CHECK(client.output().empty());
}

TEST_CASE("every stream is asked for, the channels in turn") {
  Fixture f;
  REQUIRE(f.server.requests().size() == 3);
  const auto& first = f.server.requests().at(1);
  CHECK(first.at(":method") == "GET");
  CHECK(first.at(":scheme") == "https");
  CHECK(first.at(":authority") == "localhost:8443");
  CHECK(first.at(":path") == "/news-2");
  CHECK(first.at("accept") == "text/event-stream");
  CHECK(f.server.requests().at(3).at(":path") == "/news-1");
  CHECK(f.server.requests().at(5).at(":path") == "/news-2");
}

TEST_CASE("answers and bodies go to their streams, wherever they are cut") {
  for (const std::size_t piece : {1u, 2u, 7u, 1000u}) {
    Fixture f;
    f.open_all();
    f.server.send(3, "data: three\n\n");
    f.server.send(1, std::string(40'000, 'x'));
    REQUIRE(f.server.exchange(f.client, piece));
    CHECK(f.events.of(kFirst).body == std::string(40'000, 'x'));
    CHECK(f.events.of(kFirst + 1).body == "data: three\n\n");
    CHECK(f.events.of(kFirst + 2).body.empty());
    for (std::uint32_t stream = kFirst; stream < kFirst + 3; ++stream) {
      CHECK(f.events.of(stream).began == 1);
      CHECK(f.events.of(stream).answer.is_event_stream());
      CHECK(f.events.of(stream).end.empty());
    }
  }
}

TEST_CASE("an interim answer is not the answer, and trailers are none") {
  Fixture f(1);
  f.server.answer(1, {{":status", "103"}});
  REQUIRE(f.server.exchange(f.client));
  CHECK(f.events.of(kFirst).began == 1);
  CHECK(f.events.of(kFirst).answer.status == 0);
  f.server.answer(1, {{":status", "404"}, {"content-type", "text/plain"}});
  REQUIRE(f.server.exchange(f.client));
  CHECK(f.events.of(kFirst).answer.status == 404);
  CHECK(f.events.of(kFirst).answer.status_text == "404");
}

TEST_CASE("one stream ends, the others go on") {
  Fixture f;
  f.open_all();
  f.server.end(1);
  f.server.reset(3, NGHTTP2_CANCEL);
  f.server.send(5, "data: x\n\n");
  REQUIRE(f.server.exchange(f.client));
  CHECK(f.events.of(kFirst).end == "the response ended");
  CHECK(f.events.of(kFirst + 1).end == "the stream was reset (CANCEL)");
  CHECK(f.events.of(kFirst + 2).end.empty());
  CHECK(f.events.of(kFirst + 2).body == "data: x\n\n");
}

TEST_CASE("streams above the server's limit are not asked for, and told") {
  Fixture f(3, 2);
  CHECK(f.server.requests().size() == 2);
  CHECK(f.events.of(kFirst + 1).end.empty());
  CHECK(f.events.of(kFirst + 2).failure == OpenFailure::refused);
  CHECK(f.events.of(kFirst + 2).end ==
        "the server allows 2 streams on a connection (--streams-per-connection 2)");
}

TEST_CASE("a goodbye spares the streams it names") {
  Fixture f;
  f.server.say_goodbye(3, NGHTTP2_NO_ERROR, "");
  f.server.answer(3, kStream);
  f.server.send(3, "data: x\n\n");
  REQUIRE(f.server.exchange(f.client));
  CHECK(f.events.of(kFirst + 1).body == "data: x\n\n");
  CHECK(f.events.of(kFirst + 2).failure == OpenFailure::refused);
  CHECK(f.events.of(kFirst + 2).end == "the stream was reset (REFUSED_STREAM)");
}

TEST_CASE("a goodbye with an error is the end of the connection") {
  Fixture f;
  f.open_all();
  f.server.say_goodbye(5, NGHTTP2_ENHANCE_YOUR_CALM, "too fast");
  const auto ended = f.server.exchange(f.client);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().message == "the server gave the connection up (ENHANCE_YOUR_CALM: too fast)");
}

TEST_CASE("windows are refilled, but not for every event") {
  Fixture f(1);
  f.open_all();
  const std::uint64_t before = f.server.refills();
  std::uint64_t sent = 0;
  for (; sent < 4 << 20; sent += 1000) {
    f.server.send(1, std::string(1000, 'x'));
    REQUIRE(f.server.exchange(f.client));
    if (sent < 400'000) CHECK(f.server.refills() == before);
  }
  CHECK(f.events.of(kFirst).body.size() == sent);  // more than the window of a stream
}

TEST_CASE("what is not HTTP/2 is told") {
  const StreamRequests requests = some_requests();
  RecordedEvents events;
  for (const auto& [wire, reason] : {
           std::pair{"HTTP/1.1 400 Bad Request\r\n\r\n", "the server speaks HTTP/1.x, not HTTP/2"},
           std::pair{"SSH-2.0-OpenSSH_9.2p1\r\n", "the server broke the rules of HTTP/2"},
       }) {
    Http2Session client(requests, 0, 1, 0, events);
    const auto taken = client.receive(wire);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message.starts_with(reason));
  }
}

TEST_CASE("a frame for a stream that was never asked for is the end of the connection") {
  Fixture f;
  const std::string frame("\0\0\1\0\0\0\0\0\11x", 10);  // DATA of one byte on stream 9
  const auto taken = f.client.receive(frame);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message.starts_with("the server broke the rules of HTTP/2 (PROTOCOL_ERROR"));
}
