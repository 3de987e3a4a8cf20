#include "sse-pub/schedule.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "base/clock.hpp"
#include "sse-pub/interrupt.hpp"
#include "sse-pub/pace.hpp"

using sse::pub::OutgoingEvent;
using sse::pub::Pace;
using sse::pub::Schedule;

namespace {

OutgoingEvent at(std::uint64_t time_ms) {
  OutgoingEvent event;
  event.time_ms = time_ms;
  return event;
}

}  // namespace

TEST_CASE("a steady rate is absolute: event k is due k intervals after the first") {
  Schedule schedule = Schedule::steady(500);
  for (std::uint64_t k = 0; k < 1'000'000; ++k) REQUIRE(schedule.next_due_ns({}) == k * 2'000'000);
  CHECK(Schedule::at_once().next_due_ns(at(5)) == 0);
}

TEST_CASE("a recording keeps its gaps, divided by the speed") {
  Schedule schedule = Schedule::recorded(2);
  CHECK(schedule.next_due_ns({}) == 0);
  CHECK(schedule.next_due_ns(at(10'000)) == 0);
  CHECK(schedule.next_due_ns(at(10'100)) == 50'000'000);
  CHECK(schedule.next_due_ns({}) == 0);
  CHECK(schedule.next_due_ns(at(9'000)) == 0);
  CHECK(schedule.next_due_ns(at(11'000)) == 500'000'000);
  CHECK(schedule.next_due_ns(at(UINT64_MAX)) <= UINT64_MAX / 2);
}

TEST_CASE("late events are due at once, together") {
  const std::vector<OutgoingEvent> events(10);
  Pace pace(Schedule::steady(1e6), -1);
  CHECK(pace.wait_due(std::span(events).first(1)) == 1);
  REQUIRE(sse::pub::wait_until(sse::monotonic_ns() + 20'000, -1));
  CHECK(pace.wait_due(std::span(events).subspan(1)) == 9);
}

TEST_CASE("an event that is held back is due when it was due, however often it is asked about") {
  const std::vector<OutgoingEvent> events{at(0), at(30), at(30), at(60)};
  Pace pace(Schedule::recorded(1), -1);
  const std::uint64_t start = sse::monotonic_ns();
  std::size_t sent = 0;
  while (sent < events.size()) sent += pace.wait_due(std::span(events).subspan(sent));
  CHECK(sent == events.size());
  CHECK(sse::monotonic_ns() - start >= 60'000'000);
}
