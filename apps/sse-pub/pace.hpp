#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sse-pub/schedule.hpp"

namespace sse::pub {

/// Holds events back until they are due. The clock starts with the first event.
class Pace {
 public:
  Pace(Schedule schedule, int interrupt_fd) : schedule_(schedule), interrupt_fd_(interrupt_fd) {}

  /// Waits until the first of `events` is due. How many, from the first on, are due then: at least
  /// one, and next time the caller comes with what is behind them. 0: interrupted.
  std::size_t wait_due(std::span<const OutgoingEvent> events);

 private:
  std::uint64_t due_of(const OutgoingEvent& event);

  Schedule schedule_;
  int interrupt_fd_;
  std::optional<std::uint64_t> start_ns_;
  std::optional<std::uint64_t> held_due_ns_;  // of the event that was asked about and held back
};

}  // namespace sse::pub
