#pragma once

#include <string_view>

#include "base/result.hpp"

namespace sse {

/// Reads how many per second: "10", "2.5/s", "1000/m", "3600/h". Not negative.
Result<double> parse_rate(std::string_view text);

}  // namespace sse
