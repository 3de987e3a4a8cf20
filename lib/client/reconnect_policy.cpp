#include "client/reconnect_policy.hpp"

#include <algorithm>
#include <utility>

namespace sse::client {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kReconnectionTimeMax = std::chrono::hours{24};

}  // namespace

ReconnectPolicy::ReconnectPolicy(ReconnectOptions options, Random random)
    : options_(options), random_(std::move(random)), reconnection_time_(options.initial_delay) {}

void ReconnectPolicy::set_reconnection_time(std::uint64_t ms) noexcept {
  constexpr auto kMax = static_cast<std::uint64_t>(kReconnectionTimeMax.count());
  reconnection_time_ = milliseconds{static_cast<std::int64_t>(std::min(ms, kMax))};
}

void ReconnectPolicy::on_stream_end(milliseconds open_for) noexcept {
  retry_after_ = milliseconds{0};
  if (open_for >= options_.healthy_after) {
    failures_ = 0;
    attempts_ = 0;
  } else if (!had_event_) {
    ++failures_;
  }
  had_event_ = false;
}

void ReconnectPolicy::on_failure(std::optional<milliseconds> retry_after) noexcept {
  ++failures_;
  retry_after_ = retry_after.value_or(milliseconds{0});
}

std::optional<milliseconds> ReconnectPolicy::next_delay() {
  if (options_.retries_max && attempts_ >= *options_.retries_max) return std::nullopt;
  ++attempts_;
  return std::max({reconnection_time_, retry_after_, backoff()});
}

milliseconds ReconnectPolicy::backoff() const {
  if (failures_ == 0) return milliseconds{0};
  const milliseconds most = std::max(options_.backoff_max, reconnection_time_);
  milliseconds window = std::max(reconnection_time_, options_.backoff_floor);
  for (std::uint32_t i = 0; i < failures_ && window < most; ++i) window *= 2;
  window = std::min(window, most);
  return milliseconds{
      static_cast<std::int64_t>(static_cast<double>(window.count()) * (1.0 - 0.5 * random_()))};
}

}  // namespace sse::client
