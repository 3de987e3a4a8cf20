#pragma once

#include <algorithm>
#include <cstdint>

namespace sse::server {

/// How long to wait before a command is started again: doubling, and back to the first delay after
/// a run that lasted `healthy_ms`. All times in milliseconds.
class RestartBackoff {
 public:
  RestartBackoff(std::uint64_t first_ms, std::uint64_t max_ms, std::uint64_t healthy_ms)
      : first_ms_(first_ms), max_ms_(max_ms), healthy_ms_(healthy_ms), next_ms_(first_ms) {}

  /// The delay after a run that lasted `run_ms`.
  std::uint64_t delay_ms(std::uint64_t run_ms) noexcept {
    if (run_ms >= healthy_ms_) next_ms_ = first_ms_;
    const std::uint64_t delay = std::min(next_ms_, max_ms_);
    next_ms_ = delay * 2;
    return delay;
  }

 private:
  std::uint64_t first_ms_;
  std::uint64_t max_ms_;
  std::uint64_t healthy_ms_;
  std::uint64_t next_ms_;
};

}  // namespace sse::server
