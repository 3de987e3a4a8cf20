#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sse::tail {

/// The times after which sse-tail ends with status 124. All on the monotonic clock, in
/// milliseconds; 0 in the options means no limit.
class TimeLimits {
 public:
  struct Options {
    std::chrono::milliseconds timeout{0};      ///< in all
    std::chrono::milliseconds first_event{0};  ///< until the first event
    std::chrono::milliseconds idle{0};         ///< without a byte of any stream
  };

  TimeLimits(const Options& options, std::uint64_t now);

  void on_bytes(std::uint64_t now) noexcept { last_bytes_ = now; }
  void on_event() noexcept { waiting_for_first_ = false; }

  /// When the next limit is reached.
  std::optional<std::uint64_t> deadline() const;
  /// The name of a limit that is reached at `now`.
  std::optional<std::string_view> reached(std::uint64_t now) const;

 private:
  struct Limit {
    std::string_view name;
    std::uint64_t at;
  };
  std::optional<Limit> nearest() const;

  Options options_;
  std::uint64_t started_;
  std::uint64_t last_bytes_;
  bool waiting_for_first_ = true;
};

}  // namespace sse::tail
