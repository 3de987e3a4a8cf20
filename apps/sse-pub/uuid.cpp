#include "sse-pub/uuid.hpp"

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sse::pub {

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant of the RFC
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out.append({kHex[bytes[i] >> 4], kHex[bytes[i] & 15]});
  }
  return out;
}

}  // namespace sse::pub
