#include "wire/field_line.hpp"

#include <algorithm>

namespace sse::wire {

std::optional<std::uint64_t> parse_retry(std::string_view value) noexcept {
  constexpr std::uint64_t kMax = (std::uint64_t{1} << 53) - 1;
  if (value.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    number = std::min(kMax, number * 10 + static_cast<std::uint64_t>(c - '0'));
  }
  return number;
}

}  // namespace sse::wire
