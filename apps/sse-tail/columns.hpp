#pragma once

#include <cstddef>
#include <string_view>

namespace sse::tail {

/// As much of the text as a terminal shows in this many columns: whole characters, wide ones
/// counted twice. UTF-8 without control characters; what is no UTF-8 ends the text.
std::string_view cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace sse::tail
