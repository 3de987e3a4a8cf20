#include "stream_status.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "columns.hpp"
#include "printable.hpp"

namespace sse::tail {
namespace {

constexpr double kRateWindowMs = 5'000;
constexpr std::size_t kShownIdColumns = 40;
constexpr std::size_t kCharacterBytesMax = 4;

std::uint64_t since(std::uint64_t then, std::uint64_t now) { return now > then ? now - then : 0; }

std::string connection(const StreamStatus& status, std::uint64_t now) {
  if (status.closed) return "closed";
  if (status.open_since) return "connected for " + short_duration(since(*status.open_since, now));
  if (status.retry_at) return "retry in " + short_duration(since(now, *status.retry_at));
  return "connecting";
}

}  // namespace

double EventRate::sample(std::uint64_t now_ms) {
  const std::uint64_t before = std::exchange(sampled_at_, now_ms).value_or(now_ms);
  const auto span = static_cast<double>(since(before, now_ms));
  if (span <= 0) return rate_;
  const double latest = static_cast<double>(std::exchange(fresh_, 0)) * 1000 / span;
  rate_ += (latest - rate_) * (1 - std::exp(-span / kRateWindowMs));
  return rate_;
}

std::string describe(const StreamStatus& status, double rate, std::string_view last_event_id,
                     std::uint64_t now_ms) {
  std::string text = connection(status, now_ms);
  text += fmt::format(", {} event{}", status.events, status.events == 1 ? "" : "s");
  if (status.events > 0) text += fmt::format(", {:.1f}/s", rate);
  const std::uint64_t event = status.last_event.value_or(0);
  if (status.last_event) text += ", idle for " + short_duration(since(event, now_ms));
  if (status.last_bytes && *status.last_bytes > event)
    text += ", heartbeat " + short_duration(since(*status.last_bytes, now_ms)) + " ago";
  if (last_event_id.empty()) return text;
  text += ", last id ";
  std::string id;
  append_printable(id, last_event_id.substr(0, kShownIdColumns * kCharacterBytesMax));
  return text.append(cut_to_columns(id, kShownIdColumns));
}

std::string short_duration(std::uint64_t ms) {
  constexpr std::uint64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const std::uint64_t s = ms / 1000;
  if (s < 10) return fmt::format("{}.{}s", s, ms % 1000 / 100);
  if (s < kMinute) return fmt::format("{}s", s);
  if (s < kHour) return fmt::format("{}m{:02}s", s / kMinute, s % kMinute);
  if (s < kDay) return fmt::format("{}h{:02}m", s / kHour, s % kHour / kMinute);
  return fmt::format("{}d{:02}h", s / kDay, s % kDay / kHour);
}

}  // namespace sse::tail
