#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sse-pub/outgoing_event.hpp"

namespace sse::pub {

/// Consecutive events of one producer, as they are handed to a target. Views of the caller.
struct Batch {
  std::span<const OutgoingEvent> events;
  std::string_view key;  ///< idempotency key, under which a server drops what it had; may be empty
  std::uint64_t number = 1;  ///< of the first event, counted from 1 in all its producer publishes

  std::size_t size() const noexcept { return events.size(); }
  bool empty() const noexcept { return events.empty(); }
  Batch first(std::size_t count) const noexcept { return {events.first(count), key, number}; }
  /// What is left behind the first `count` events, or none.
  Batch after(std::size_t count) const noexcept {
    return {events.subspan(std::min(count, size())), key, number + count};
  }
};

}  // namespace sse::pub
