#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse {

/// Milliseconds since the Unix epoch of an RFC 3339 time ("2026-01-31T12:00:00.5Z", offsets too).
Result<std::uint64_t> parse_rfc3339(std::string_view text);

/// The time in UTC with milliseconds: "2026-01-31T12:00:00.500Z".
std::string format_rfc3339(std::uint64_t unix_ms);

}  // namespace sse
