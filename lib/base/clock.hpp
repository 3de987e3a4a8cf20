#pragma once

#include <cstdint>

namespace sse {

/// Monotonic time in nanoseconds, comparable between processes of one machine (CLOCK_MONOTONIC).
std::uint64_t monotonic_ns() noexcept;
/// Monotonic time in milliseconds.
std::uint64_t monotonic_ms() noexcept;
/// Wall-clock time in milliseconds since the Unix epoch.
std::uint64_t unix_ms() noexcept;

}  // namespace sse
