#pragma once

#include <chrono>
#include <cstdint>

namespace sse::pub {

/// A time in which the server is away: since when, until when to keep trying, and growing pauses
/// between the tries. Times are of monotonic_ms().
class Outage {
 public:
  /// `retry_time`: how long to keep trying.
  explicit Outage(std::chrono::milliseconds retry_time) : retry_time_(retry_time) {}

  /// A try failed. True: it is the first of this outage.
  bool begin(std::uint64_t now_ms) noexcept;
  /// A try succeeded.
  void end() noexcept { since_ms_ = 0; }
  bool is_on() const noexcept { return since_ms_ != 0; }
  /// When to stop trying.
  std::uint64_t end_ms() const noexcept {
    return since_ms_ + static_cast<std::uint64_t>(retry_time_.count());
  }
  /// The pause before the next try, in milliseconds; longer each time.
  std::uint64_t next_pause_ms() noexcept;

 private:
  std::chrono::milliseconds retry_time_;
  std::uint64_t since_ms_ = 0;  // 0: none
  std::uint64_t pause_ms_ = 0;
};

}  // namespace sse::pub
