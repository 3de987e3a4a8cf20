#pragma once

#include <cstdint>
#include <string_view>

namespace sse {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of the bytes.
std::uint32_t crc32c(std::string_view bytes) noexcept;

}  // namespace sse
