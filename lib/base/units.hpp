#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse {

/// Parses a duration: digits with an optional fraction and a unit ns, us, ms, s, m, h or d
/// ("500ms", "1.5s", "2m"). "0" needs no unit; any other bare number is an error that says so.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Parses a size in bytes: digits with an optional suffix k, m or g (powers of 1024, any case,
/// an optional B or iB after it): "64k", "1m", "16MiB".
Result<std::uint64_t> parse_size(std::string_view text);

/// The shortest spelling parse_duration() reads back, e.g. "15s", "1500ms".
std::string format_duration(std::chrono::nanoseconds duration);
/// The shortest spelling parse_size() reads back, e.g. "16m", "1000".
std::string format_size(std::uint64_t bytes);

}  // namespace sse
