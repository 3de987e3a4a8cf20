#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sse::client {

/// The wait a Retry-After field asks for (RFC 9110 section 10.2.3): seconds or an HTTP date, which
/// is compared with `now_unix_ms`. A date in the past is 0; nullopt when the value is neither.
/// Clamped to one day.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::uint64_t now_unix_ms);

}  // namespace sse::client
