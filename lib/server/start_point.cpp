#include "server/start_point.hpp"

#include <charconv>
#include <chrono>
#include <string>

#include "base/rfc3339.hpp"
#include "base/units.hpp"

namespace sse::server {

Result<hub::StartPoint> parse_since(std::string_view text, std::uint64_t unix_now_ms) {
  if (text == "now") return hub::StartLive{};
  if (text == "earliest") return hub::StartEarliest{};
  if (text.starts_with('-')) {
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), count);
    if (error == std::errc{} && end == text.data() + text.size()) return hub::StartLast{count};
  }
  if (const auto back = parse_duration(text)) {
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(*back).count());
    return hub::StartSince{unix_now_ms - std::min(unix_now_ms, ms), std::string(text)};
  }
  if (const auto time = parse_rfc3339(text)) return hub::StartSince{*time, std::string(text)};
  return fail("'" + std::string(text) +
              "' is not a start: use now, earliest, -100, 5m or an RFC 3339 time");
}

Result<hub::StartPoint> start_point(const http::Request& request, const hub::StartPoint& otherwise,
                                    std::uint64_t unix_now_ms) {
  if (const std::string* id = request.header("last-event-id"); id && !id->empty())
    return hub::StartAfterId{*id};
  if (const std::string* id = request.param("last-event-id"); id && !id->empty())
    return hub::StartAfterId{*id};
  if (const std::string* since = request.param("since")) {
    auto parsed = parse_since(*since, unix_now_ms);
    if (!parsed) return fail("since: " + parsed.error().message);
    return parsed;
  }
  return otherwise;
}

}  // namespace sse::server
