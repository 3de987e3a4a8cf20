#pragma once

#include <atomic>
#include <cstdint>

namespace sse::bench {

/// When each event is due: an absolute schedule, set once by the publisher before its first event
/// and read by every thread.
class Schedule {
 public:
  /// `interval_ns` 0: no schedule, each event is due when it is sent (closed loop).
  explicit Schedule(double interval_ns) noexcept : interval_ns_(interval_ns) {}

  bool open_loop() const noexcept { return interval_ns_ > 0; }
  double interval_ns() const noexcept { return interval_ns_; }

  void start(std::uint64_t now_ns) noexcept { start_ns_.store(now_ns, std::memory_order_release); }
  /// 0 before start().
  std::uint64_t start_ns() const noexcept { return start_ns_.load(std::memory_order_acquire); }
  std::uint64_t due_ns(std::uint32_t seq) const noexcept {
    return start_ns() + static_cast<std::uint64_t>(static_cast<double>(seq) * interval_ns_);
  }

  /// Events before this one are warm-up: checked, but not measured.
  void measure_from(std::uint32_t seq) noexcept {
    first_measured_.store(seq, std::memory_order_release);
  }
  std::uint32_t first_measured() const noexcept {
    return first_measured_.load(std::memory_order_acquire);
  }

 private:
  const double interval_ns_;
  std::atomic<std::uint64_t> start_ns_{0};
  std::atomic<std::uint32_t> first_measured_{UINT32_MAX};
};

}  // namespace sse::bench
