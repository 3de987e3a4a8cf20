#pragma once

#include <string_view>

namespace sse {

/// `text` without the spaces, tabs and line terminators at its ends: what a header line of a
/// received head may have around its parts.
constexpr std::string_view trim_line(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace sse
