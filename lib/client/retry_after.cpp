#include "client/retry_after.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace sse::client {
namespace {

using std::chrono::milliseconds;
constexpr std::int64_t kSecondsMax = 86'400;

std::optional<std::int64_t> seconds(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return kSecondsMax;
  if (error != std::errc{}) return std::nullopt;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, kSecondsMax));
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view value, std::uint64_t now_unix_ms) {
  if (const auto delta = seconds(value)) return milliseconds{*delta * 1000};
  const std::int64_t when = ::curl_getdate(std::string(value).c_str(), nullptr);
  if (when < 0) return std::nullopt;
  const std::int64_t wait = when - static_cast<std::int64_t>(now_unix_ms / 1000);
  return milliseconds{std::clamp<std::int64_t>(wait, 0, kSecondsMax) * 1000};
}

}  // namespace sse::client
