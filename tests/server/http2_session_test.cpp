#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "server/http2/closed_streams.hpp"
#include "server/http2/session.hpp"
#include "server/http2_frames.hpp"

using namespace http2_frames;
using sse::server::ClosedStreams;
using sse::server::Http2Error;
using sse::server::Http2Session;

namespace {

constexpr unsigned kEndStream = 1;
constexpr unsigned kEndHeaders = 4;
constexpr unsigned kPadded = 8;

/// GET / over http of authority "a", all from HPACK's static table but the last.
std::string get(unsigned stream) {
  return frame(headers, kEndHeaders | kEndStream, stream,
               std::string("\x82\x86\x84\x01\x01") + 'a');
}

/// The head of POST / to the same authority, with more fields in HPACK; a body follows.
std::string post(unsigned stream, const std::string& more_fields = "") {
  return frame(headers, kEndHeaders, stream,
               std::string("\x83\x86\x84\x01\x01") + 'a' + more_fields);
}

std::string initial_window(std::size_t bytes) {
  return frame(settings, 0, 0, number(4, 2) + number(bytes, 4));
}

struct Frame {
  unsigned type;
  unsigned flags;
  unsigned stream;
};

/// A session whose settings were agreed on, and what it tells.
struct SessionUser final : Http2Session::Events {
  SessionUser() {
    receive(kPreface + frame(settings, 0, 0, ""));
    output();
    receive(frame(settings, 1, 0, ""));
  }

  void head_began(Http2Session::Id id) override { heads.push_back(id); }
  void header(Http2Session::Id, std::string_view name, std::string_view) override {
    names.emplace_back(name);
  }
  void head_complete(Http2Session::Id, bool) override {}
  void body(Http2Session::Id id, std::string_view bytes) override { bodies[id] += bytes; }
  void body_complete(Http2Session::Id id) override { complete.push_back(id); }
  void reset(Http2Session::Id) override {}
  void closed(Http2Session::Id id) override { ends.push_back(id); }
  void initial_window(std::uint32_t bytes) override { window = bytes; }
  void terminated() override { ++terminations; }

  /// The frames it sends, in their order.
  std::vector<Frame> output() {
    std::string out;
    CHECK(session.output(out, 1u << 20));
    std::vector<Frame> frames;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(out[at]); };
    for (std::size_t at = 0; at < out.size();) {
      frames.push_back({byte(at + 3), byte(at + 4), byte(at + 8)});
      at += 9u + (static_cast<std::size_t>(byte(at + 1)) << 8 | byte(at + 2));
    }
    return frames;
  }

  void receive(const std::string& bytes) { CHECK(session.receive(bytes)); }

  std::vector<Http2Session::Id> heads;
  std::vector<Http2Session::Id> ends;
  std::vector<std::string> names;
  std::map<Http2Session::Id, std::string> bodies;
  std::vector<Http2Session::Id> complete;
  std::uint32_t window = 65'535;
  int terminations = 0;
  Http2Session session{*this, 8, 4096};
};

}  // namespace

TEST_CASE("a stream ends with an empty DATA frame, or without a window with trailers") {
  for (const std::size_t window : {std::size_t{1}, std::size_t{0}}) {
    SessionUser server;
    server.receive(initial_window(window) + get(1));
    CHECK(server.window == window);
    server.session.send_head(1, 200, {});
    server.session.send_end(1);
    const std::vector<Frame> sent = server.output();
    CHECK(sent.back().type == (window > 0 ? data : headers));
    CHECK(sent.back().flags == (window > 0 ? kEndStream : kEndHeaders | kEndStream));
    CHECK(server.ends == std::vector<Http2Session::Id>{1});
  }
}

TEST_CASE("an error that the session finds is told when the peer is") {
  SessionUser server;
  server.receive(get(1) + frame(ping, 0, 0, "short"));
  CHECK(server.terminations == 0);
  const std::vector<Frame> sent = server.output();
  CHECK(sent.back().type == go_away);
  CHECK(server.terminations == 1);
  CHECK(server.session.is_over());
  server.receive(get(3));
  CHECK(server.heads == std::vector<Http2Session::Id>{1});
}

TEST_CASE("going away in peace is no error") {
  SessionUser server;
  server.receive(get(1));
  server.session.go_away();
  server.output();
  CHECK_FALSE(server.session.is_over());
  server.session.send_head(1, 204, {});
  server.session.send_end(1);
  server.output();
  CHECK(server.session.is_over());
  CHECK(server.terminations == 0);
}

TEST_CASE("what waits to be sent is counted") {
  SessionUser server;
  CHECK(server.session.backlog() == 0);
  server.receive(frame(ping, 0, 0, "12345678") + frame(ping, 0, 0, "12345678"));
  CHECK(server.session.backlog() == 2);
  CHECK(server.output().size() == 2);
  CHECK(server.session.backlog() == 0);
}

TEST_CASE("bodies come in pieces, each to its own stream") {
  SessionUser server;
  server.receive(post(1) + post(3) + frame(data, 0, 1, "one, ") + frame(data, 0, 3, "other"));
  CHECK(server.complete.empty());
  server.receive(frame(data, kEndStream, 3, "") + frame(data, kEndStream, 1, "two"));
  CHECK(server.bodies[1] == "one, two");
  CHECK(server.bodies[3] == "other");
  CHECK(server.complete == std::vector<Http2Session::Id>{3, 1});
}

TEST_CASE("a frame that comes in pieces is one body, however it is cut") {
  const std::string bytes = post(1) + frame(data, kEndStream, 1, "hello");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    SessionUser server;
    server.receive(bytes.substr(0, cut));
    CHECK(server.complete.empty());
    server.receive(bytes.substr(cut));
    CHECK(server.bodies[1] == "hello");
    CHECK(server.complete == std::vector<Http2Session::Id>{1});
  }
}

TEST_CASE("padding is no part of a body") {
  SessionUser server;
  server.receive(post(1) +
                 frame(data, kPadded | kEndStream, 1, number(3, 1) + "hello" + number(0, 3)));
  CHECK(server.bodies[1] == "hello");
  CHECK(server.complete == std::vector<Http2Session::Id>{1});
}

TEST_CASE("trailers end a body and are dropped") {
  SessionUser server;
  server.receive(post(1) + frame(data, 0, 1, "hello"));
  const std::size_t fields = server.names.size();
  const std::string trailer = std::string("\x00\x01x\x01y", 5);
  server.receive(frame(headers, kEndHeaders | kEndStream, 1, trailer));
  CHECK(server.names.size() == fields);
  CHECK(server.bodies[1] == "hello");
  CHECK(server.complete == std::vector<Http2Session::Id>{1});
}

TEST_CASE("a body of another length than its head says is never complete") {
  const std::string content_length_5 = std::string("\x0f\x0d\x01") + '5';
  for (const std::string body : {"four", "sixsix"}) {
    CAPTURE(body);
    SessionUser server;
    server.receive(post(1, content_length_5) + frame(data, kEndStream, 1, body));
    CHECK(server.heads == std::vector<Http2Session::Id>{1});
    CHECK(server.complete.empty());
    CHECK(server.output().back().type == reset);
    CHECK(server.ends == std::vector<Http2Session::Id>{1});
    CHECK(server.terminations == 0);
  }
}

TEST_CASE("what comes on a closed stream") {
  ClosedStreams closed;
  closed.add(1, true);
  closed.add(3, false);
  SUBCASE("after all was said, anything is too much") {
    CHECK(closed.fault(1, false, false) == Http2Error::stream_closed);
    CHECK(closed.fault(1, true, true) == Http2Error::stream_closed);
  }
  SUBCASE("before, it was on its way") {
    CHECK(closed.fault(3, false, false) == std::nullopt);
    CHECK(closed.fault(3, true, true) == std::nullopt);
    CHECK(closed.fault(3, true, false) == Http2Error::protocol);
    closed.end(3);
    CHECK(closed.fault(3, false, true) == Http2Error::stream_closed);
  }
  SUBCASE("one that was closed long ago, or never open") {
    for (std::uint32_t stream = 5; stream < 101; stream += 2) closed.add(stream, false);
    CHECK(closed.fault(1, false, false) == std::nullopt);
    CHECK(closed.fault(1, true, true) == Http2Error::protocol);
  }
}
