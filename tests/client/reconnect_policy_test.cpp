#include "client/reconnect_policy.hpp"

#include <doctest/doctest.h>

using namespace sse::client;
using namespace std::chrono_literals;

namespace {

ReconnectPolicy policy(double random = 0, ReconnectOptions options = {}) {
  return ReconnectPolicy(options, [random] { return random; });
}

}  // namespace

TEST_CASE("after a stream with an event the wait is the reconnection time exactly") {
  for (const double random : {0.0, 0.999}) {
    auto p = policy(random);
    p.on_event();
    p.on_stream_end(1ms);
    CHECK(p.next_delay() == 3000ms);
    p.set_reconnection_time(0);
    p.on_event();
    p.on_stream_end(1ms);
    CHECK(p.next_delay() == 0ms);
  }
}

TEST_CASE("failures in a row double the window up to its end") {
  auto p = policy(0.0);
  std::chrono::milliseconds expected[]{6s, 12s, 24s, 30s, 30s};
  for (const auto wait : expected) {
    p.on_failure();
    CHECK(p.next_delay() == wait);
  }
}

TEST_CASE("jitter takes up to half of the window, never below the reconnection time") {
  auto p = policy(0.999'999);
  p.on_failure();
  CHECK(p.next_delay().value() >= 3000ms);
  CHECK(p.next_delay().value() < 3010ms);
  p.set_reconnection_time(3'600'000);
  CHECK(p.next_delay() == 3'600'000ms);
}

TEST_CASE("retry: 0 has a floor after failures, and streams without an event are failures") {
  auto p = policy(0.999'999);
  p.set_reconnection_time(0);
  p.on_failure();
  CHECK(p.next_delay().value() >= 100ms);
  auto q = policy();
  q.set_reconnection_time(0);
  q.on_stream_end(5ms);
  const auto first = q.next_delay().value();
  q.on_stream_end(5ms);
  CHECK(first >= 100ms);
  CHECK(q.next_delay().value() > first);
}

TEST_CASE("a healthy stream forgets the failures: by an event or by its age") {
  auto p = policy();
  p.on_failure();
  p.on_failure();
  p.on_event();
  p.on_stream_end(1ms);
  CHECK(p.next_delay() == 3000ms);
  p.on_failure();
  p.on_stream_end(10s);
  CHECK(p.next_delay() == 3000ms);
  p.on_stream_end(9s);
  CHECK(p.next_delay().value() > 3000ms);
}

TEST_CASE("a huge retry is clamped, not wrapped") {
  auto p = policy();
  p.set_reconnection_time(UINT64_MAX);
  CHECK(p.reconnection_time() == 24h);
  p.on_failure();
  CHECK(p.next_delay() == 24h);
}

TEST_CASE("Retry-After is a lower bound for one wait") {
  auto p = policy();
  p.on_failure(90s);
  CHECK(p.next_delay() == 90s);
  p.on_failure();
  CHECK(p.next_delay() == 12s);
  p.on_failure(1s);
  CHECK(p.next_delay() == 24s);
}

TEST_CASE("retries_max counts attempts in a row") {
  auto p = policy(0, {.retries_max = 2});
  p.on_failure();
  CHECK(p.next_delay());
  p.on_failure();
  CHECK(p.next_delay());
  p.on_failure();
  CHECK(!p.next_delay());
  p.on_event();
  CHECK(p.next_delay());
  auto none = policy(0, {.retries_max = 0});
  none.on_event();
  CHECK(!none.next_delay());
}
