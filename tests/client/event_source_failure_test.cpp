#include <doctest/doctest.h>

#include "client/fakes.hpp"

using namespace sse::client;
using namespace std::chrono_literals;

namespace {

EventSourceOptions with_retries(std::uint32_t max) {
  auto options = Bench::options();
  options.reconnect.retries_max = max;
  return options;
}

}  // namespace

TEST_CASE("every status but 200 fails for good") {
  for (const int status : {204, 205, 206, 210, 299, 300, 301, 304, 400, 401, 404, 410, 500, 503}) {
    CAPTURE(status);
    Bench b;
    b.source.connect();
    b.transport.head(status);
    b.transport.end();
    CHECK(b.recorder.take() == Heard{"closed"});
    CHECK(b.recorder.errors[0].kind == ErrorKind::refused);
    CHECK(b.recorder.errors[0].status == status);
    b.advance(1'000'000);
    CHECK(b.transport.requests.size() == 1);
  }
}

TEST_CASE("a 204 after a stream is the server's way to stop it") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.body("data\n\n");
  b.transport.end();
  b.advance(3000);
  b.transport.head(204);
  b.transport.end();
  CHECK(b.source.closed());
  CHECK(b.recorder.errors.back().kind == ErrorKind::no_content);
}

TEST_CASE("another media type fails with the first line of the answer") {
  Bench b;
  b.source.connect();
  b.transport.head(200, {"text/html"});
  CHECK(b.transport.body("\r\n<title>Log ") == Flow::more);
  CHECK(b.transport.body("in</title>\r\n<body>") == Flow::stop);
  CHECK(b.recorder.take() == Heard{"closed"});
  CHECK(b.recorder.errors[0].kind == ErrorKind::not_event_stream);
  CHECK(b.recorder.errors[0].body_line == "<title>Log in</title>");
  CHECK(b.recorder.errors[0].message.find("text/html") != std::string::npos);
}

TEST_CASE("a refusal that never ends, or has no line end, is not read for ever") {
  Bench b;
  b.source.connect();
  b.transport.head(403, {"text/plain"});
  b.transport.body("no");
  b.advance(1999);
  CHECK(!b.source.closed());
  b.advance(1);
  CHECK(b.source.closed());
  CHECK(!b.transport.running());
  CHECK(b.recorder.errors[0].body_line == "no");

  Bench c;
  c.source.connect();
  c.transport.head(403, {"text/plain"});
  CHECK(c.transport.body(std::string(100'000, 'x')) == Flow::stop);
  CHECK(c.recorder.errors[0].body_line.size() == 512);
}

TEST_CASE("429 and 503 with Retry-After are tried again, no sooner than asked") {
  for (const int status : {429, 503}) {
    Bench b;
    b.source.connect();
    b.transport.head(status, {"text/plain"}, "60");
    b.transport.end();
    CHECK(b.recorder.take() == Heard{"error"});
    CHECK(b.recorder.errors[0].status == status);
    CHECK(b.recorder.errors[0].reconnect_in == 60'000ms);
    b.advance(59'999);
    CHECK(b.transport.requests.size() == 1);
    b.advance(1);
    CHECK(b.transport.requests.size() == 2);
  }
  Bench b;
  b.source.connect();
  b.transport.head(503, {"text/plain"}, "soon");
  b.transport.end();
  CHECK(b.source.closed());
}

TEST_CASE("a connection that fails is tried again with back-off") {
  Bench b;
  b.source.connect();
  std::chrono::milliseconds last{0};
  for (int i = 0; i < 3; ++i) {
    b.transport.end(TransferResult::unreachable, "refused");
    const auto wait = b.recorder.errors.back().reconnect_in.value();
    CHECK(wait > last);
    last = wait;
    b.advance(static_cast<std::uint64_t>(wait.count()));
    CHECK(b.transport.requests.size() == static_cast<std::size_t>(i) + 2);
  }
}

TEST_CASE("what is futile is not tried again") {
  const std::pair<TransferResult, ErrorKind> cases[]{
      {TransferResult::bad_certificate, ErrorKind::unreachable},
      {TransferResult::bad_redirect, ErrorKind::refused},
      {TransferResult::not_http, ErrorKind::not_event_stream},
      {TransferResult::unusable, ErrorKind::unusable}};
  for (const auto& [result, kind] : cases) {
    Bench b;
    b.source.connect();
    b.transport.end(result, "why");
    CHECK(b.source.closed());
    CHECK(b.recorder.errors[0].kind == kind);
    CHECK(b.recorder.errors[0].message == "why");
  }
}

TEST_CASE("a broken stream is reestablished, and told from one that ended") {
  Bench b;
  b.source.connect();
  b.transport.head(200);
  b.transport.end(TransferResult::cut, "reset by peer");
  CHECK(b.recorder.take() == Heard{"open", "error"});
  CHECK(b.recorder.errors[0].kind == ErrorKind::lost);
  CHECK(b.recorder.errors[0].message == "reset by peer");
}

TEST_CASE("an answer cut before its head ended counts as no connection") {
  Bench b;
  b.source.connect();
  b.transport.end();
  CHECK(b.recorder.errors[0].kind == ErrorKind::unreachable);
  CHECK(!b.source.closed());
}

TEST_CASE("after the last retry the source is closed, with one error") {
  Bench b(with_retries(1));
  b.source.connect();
  b.transport.end(TransferResult::unreachable, "refused");
  b.advance(60'000);
  b.transport.end(TransferResult::unreachable, "refused");
  CHECK(b.recorder.take() == Heard{"error", "closed"});
  CHECK(b.recorder.errors.back().kind == ErrorKind::unreachable);

  Bench none(with_retries(0));
  none.source.connect();
  none.transport.head(200);
  none.transport.body("data\n\n");
  none.transport.end();
  CHECK(none.recorder.take() == Heard{"open", "message '' id=", "closed"});
  CHECK(none.recorder.errors.back().kind == ErrorKind::ended);
}

TEST_CASE("an idle connection is given up, whether it has answered or not") {
  auto options = Bench::options();
  options.idle_max = 500ms;
  Bench b(options);
  b.source.connect();
  b.advance(500);
  CHECK(b.recorder.take() == Heard{"error"});
  CHECK(b.recorder.errors[0].kind == ErrorKind::idle);
  CHECK(b.transport.cancels == 1);
  b.advance(static_cast<std::uint64_t>(b.recorder.errors[0].reconnect_in.value().count()));
  REQUIRE(b.transport.running());
  b.transport.head(200);
  b.advance(400);
  b.transport.body(":\n");  // a heartbeat is a sign of life
  b.advance(499);
  CHECK(b.recorder.take() == Heard{"open"});
  b.advance(1);
  CHECK(b.recorder.take() == Heard{"error"});
}

TEST_CASE("a line or an event beyond the limits ends the source") {
  auto options = Bench::options();
  options.limits = {.line_bytes_max = 20, .event_bytes_max = 30};
  for (const char* body : {"data: aaaaaaaaaaaaaaaaaaaaaaaaaaa",
                           "data: aaaaaaaaaaaa\ndata: bbbbbbbbbbbb\ndata: cccccccc\n\n"}) {
    Bench b(options);
    b.source.connect();
    b.transport.head(200);
    CHECK(b.transport.body(body) == Flow::stop);
    CHECK(b.source.closed());
    CHECK(b.recorder.errors[0].kind == ErrorKind::limit);
    CHECK(!b.recorder.errors[0].message.empty());
  }
}

TEST_CASE("statuses named for it are tried again, with a Retry-After honoured") {
  auto options = Bench::options();
  options.retry_statuses = {{500, 599}, {404, 404}};
  Bench b(options);
  b.source.connect();
  b.transport.head(404);
  b.transport.end();
  CHECK(b.recorder.take() == Heard{"error"});
  CHECK(b.recorder.errors.back().status == 404);
  b.advance(10'000);
  REQUIRE(b.transport.requests.size() == 2);
  b.transport.head(502, {}, "60");
  b.transport.end();
  CHECK(b.recorder.errors.back().reconnect_in == 60s);
  b.advance(60'000);
  b.transport.head(403);
  b.transport.end();
  CHECK(b.source.closed());
}

TEST_CASE("a token is asked for before each request, and may be missing for a while") {
  int asked = 0;
  auto options = Bench::options();
  options.bearer_token = [&asked]() -> sse::Result<std::string> {
    if (++asked == 2) return sse::fail("no token");
    return "t" + std::to_string(asked);
  };
  Bench b(options);
  b.source.connect();
  CHECK(b.sent("Authorization") == "Bearer t1");
  b.transport.head(200);
  b.transport.body("data\n\n");
  b.transport.end();
  b.advance(3000);
  CHECK(b.transport.requests.size() == 1);
  CHECK(b.recorder.errors.back().message == "no token");
  CHECK(b.recorder.errors.back().kind == ErrorKind::unreachable);
  b.advance(60'000);
  REQUIRE(b.transport.requests.size() == 2);
  CHECK(b.sent("Authorization") == "Bearer t3");
}
