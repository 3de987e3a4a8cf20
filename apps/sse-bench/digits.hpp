#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace sse::bench {

/// Eight characters in one register, the first in the lowest byte.
inline std::uint64_t load8(const char* text) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// Reads eight decimal digits at once; false if one of the characters is none.
inline bool read_decimal8(const char* text, std::uint64_t& out) noexcept {
  constexpr std::uint64_t kZeros = 0x3030303030303030u;
  constexpr std::uint64_t kHighHalves = 0xf0f0f0f0f0f0f0f0u;
  const std::uint64_t word = load8(text);
  // '0' to '9' are 30 to 39 in hex, and stay below 40 when 6 is added.
  if ((word & kHighHalves) != kZeros || ((word + 0x0606060606060606u) & kHighHalves) != kZeros)
    return false;
  // Digits join to pairs, pairs to fours, fours to all eight; the first digit is the lowest byte.
  const std::uint64_t digits = word - kZeros;
  const std::uint64_t pairs = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ffu;
  const std::uint64_t fours = (pairs * 100 + (pairs >> 16)) & 0x0000ffff0000ffffu;
  out = (fours * 10'000 + (fours >> 32)) & 0xffffffffu;
  return true;
}

/// The eight lower-case hex digits of a number, as load8() would read them.
inline std::uint64_t hex8(std::uint32_t number) noexcept {
  // Each half byte gets a byte of its own, the last digit the lowest; then they change places.
  std::uint64_t halves = number;
  halves = (halves | halves << 16) & 0x0000ffff0000ffffu;
  halves = (halves | halves << 8) & 0x00ff00ff00ff00ffu;
  halves = (halves | halves << 4) & 0x0f0f0f0f0f0f0f0fu;
  const std::uint64_t letters = ((halves + 0x0606060606060606u) >> 4) & 0x0101010101010101u;
  return __builtin_bswap64(halves + 0x3030303030303030u + letters * ('a' - '9' - 1));
}

}  // namespace sse::bench
