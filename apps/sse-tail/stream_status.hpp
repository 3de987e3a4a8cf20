#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sse::tail {

/// What has become of one stream, for people. Times are monotonic milliseconds.
struct StreamStatus {
  std::optional<std::uint64_t> open_since;
  std::optional<std::uint64_t> retry_at;
  std::optional<std::uint64_t> last_event;
  std::optional<std::uint64_t> last_bytes;  ///< heartbeats too
  std::uint64_t events = 0;
  bool closed = false;
};

/// Events a second, over about the last five seconds.
class EventRate {
 public:
  void on_event() noexcept { ++fresh_; }
  /// Takes in what came since the last call.
  double sample(std::uint64_t now_ms);

 private:
  std::optional<std::uint64_t> sampled_at_;
  std::uint64_t fresh_ = 0;
  double rate_ = 0;
};

/// "connected for 2m13s, 120 events, 3.2/s, idle for 4s, heartbeat 1s ago, last id e-5".
std::string describe(const StreamStatus& status, double rate, std::string_view last_event_id,
                     std::uint64_t now_ms);

/// A time as people say it: "0.3s", "42s", "2m13s", "1h02m", "3d04h".
std::string short_duration(std::uint64_t ms);

}  // namespace sse::tail
