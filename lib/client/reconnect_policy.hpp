#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace sse::client {

struct ReconnectOptions {
  /// The reconnection time until the server sets one by `retry`.
  std::chrono::milliseconds initial_delay{3000};
  /// Attempts in a row to get a stream again before giving up; nullopt: no limit.
  std::optional<std::uint32_t> retries_max;
  /// Where the exponential back-off ends, unless the reconnection time is longer still.
  std::chrono::milliseconds backoff_max{30'000};
  /// The back-off after a failure starts from no less than this, whatever `retry` says.
  std::chrono::milliseconds backoff_floor{100};
  /// A stream open this long is healthy even if no event came.
  std::chrono::milliseconds healthy_after{10'000};
};

/// When to connect again (WHATWG HTML 9.2.3 "reestablish the connection").
///
/// After a healthy stream (one that brought an event, or stayed open for a while) the wait is the
/// reconnection time exactly. After n failures in a row it lies between half and all of
/// reconnection time * 2^n, at random and never below the reconnection time, so that the clients
/// of a server that went down do not come back all at once. Knows no clock: callers pass durations.
class ReconnectPolicy {
 public:
  /// A number in [0, 1).
  using Random = std::function<double()>;

  ReconnectPolicy(ReconnectOptions options, Random random);

  /// The server's `retry` field; clamped to one day.
  void set_reconnection_time(std::uint64_t ms) noexcept;
  std::chrono::milliseconds reconnection_time() const noexcept { return reconnection_time_; }

  /// An event arrived: the stream is healthy.
  void on_event() noexcept {
    had_event_ = true;
    failures_ = 0;
    attempts_ = 0;
  }
  /// A stream that was open for `open_for` ended.
  void on_stream_end(std::chrono::milliseconds open_for) noexcept;
  /// An attempt brought no stream. `retry_after`: the server asked for at least this wait.
  void on_failure(std::optional<std::chrono::milliseconds> retry_after = std::nullopt) noexcept;

  /// Takes one attempt: how long to wait before it; nullopt: give up.
  std::optional<std::chrono::milliseconds> next_delay();

 private:
  std::chrono::milliseconds backoff() const;

  ReconnectOptions options_;
  Random random_;
  std::chrono::milliseconds reconnection_time_;
  std::chrono::milliseconds retry_after_{0};
  std::uint32_t failures_ = 0;
  std::uint32_t attempts_ = 0;
  bool had_event_ = false;
};

}  // namespace sse::client
