#pragma once

#include <cstdint>

namespace sse {

/// A number from 0 to `bound` - 1 (0 for a bound of 0), for jitter and names, not for secrets.
/// Thread-safe.
std::uint64_t random_below(std::uint64_t bound);

}  // namespace sse
