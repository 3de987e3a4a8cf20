#include <doctest/doctest.h>

#include "time_limits.hpp"

using namespace std::chrono_literals;
using sse::tail::TimeLimits;

TEST_CASE("without limits there is no deadline") {
  const TimeLimits limits({}, 100);
  CHECK(!limits.deadline());
  CHECK(!limits.reached(UINT64_MAX));
}

TEST_CASE("the time in all does not move") {
  TimeLimits limits({.timeout = 10ms}, 100);
  limits.on_bytes(105);
  limits.on_event();
  CHECK(limits.deadline() == 110);
  CHECK(!limits.reached(109));
  CHECK(limits.reached(110) == "timeout");
}

TEST_CASE("bytes put idleness off, an event ends the wait for the first") {
  TimeLimits limits({.first_event = 20ms, .idle = 10ms}, 100);
  CHECK(limits.deadline() == 110);
  limits.on_bytes(115);
  CHECK(limits.deadline() == 120);
  CHECK(limits.reached(120) == "first_event");
  limits.on_event();
  CHECK(limits.deadline() == 125);
  CHECK(limits.reached(130) == "idle");
}
