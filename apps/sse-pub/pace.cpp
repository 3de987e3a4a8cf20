#include "sse-pub/pace.hpp"

#include "base/clock.hpp"
#include "sse-pub/interrupt.hpp"

namespace sse::pub {

std::uint64_t Pace::due_of(const OutgoingEvent& event) {
  if (!start_ns_) start_ns_ = monotonic_ns();
  if (!held_due_ns_) held_due_ns_ = *start_ns_ + schedule_.next_due_ns(event);
  return *held_due_ns_;
}

std::size_t Pace::wait_due(std::span<const OutgoingEvent> events) {
  if (!wait_until(due_of(events.front()), interrupt_fd_)) return 0;
  const std::uint64_t now = monotonic_ns();
  std::size_t count = 0;
  for (; count < events.size() && due_of(events[count]) <= now; ++count) held_due_ns_.reset();
  return count;
}

}  // namespace sse::pub
