#pragma once

#include <cstdint>
#include <optional>

#include "sse-pub/outgoing_event.hpp"

namespace sse::pub {

/// When events are due, in nanoseconds after the first one: an absolute schedule, so that neither
/// the time an event takes nor a pause shifts those behind it. No clock of its own.
class Schedule {
 public:
  /// Every event at once.
  static Schedule at_once() { return {}; }
  /// So many events per second; more than 0.
  static Schedule steady(double per_second);
  /// The gaps between the events' own times, divided by `speed`, which is more than 0. An event
  /// without a time is due at once, and so is one that is older than the first.
  static Schedule recorded(double speed);

  /// Of the next event; to be asked once for each.
  std::uint64_t next_due_ns(const OutgoingEvent& event);

 private:
  double interval_ns_ = 0;
  double ns_per_recorded_ms_ = 0;
  std::uint64_t index_ = 0;
  std::optional<std::uint64_t> first_ms_;
};

}  // namespace sse::pub
