#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sse::serve {

/// Reads CPU numbers as taskset writes them: `0,2-3`. Error: which part is none.
Result<std::vector<int>> parse_cpu_list(std::string_view text);

}  // namespace sse::serve
