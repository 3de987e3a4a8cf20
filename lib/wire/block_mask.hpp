#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sse::wire {

inline constexpr std::size_t kBlockBytes = 64;

/// What a block of 64 bytes holds: bit i speaks of byte i.
struct BlockMask {
  std::uint64_t line_ends = 0;  ///< CR or LF
  std::uint64_t non_ascii = 0;  ///< 0x80 and above
};

namespace portable {

constexpr std::uint64_t kLow7 = 0x7f7f7f7f7f7f7f7f;
constexpr std::uint64_t kOnes = 0x0101010101010101;

// The first byte in memory as the lowest byte.
inline std::uint64_t load_word(const char* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

// 0x80 in each byte that is zero; exact, no carry from byte to byte.
constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return ~(((word & kLow7) + kLow7) | word | kLow7);
}

// The top bits of the eight bytes, gathered into the lowest eight bits.
constexpr std::uint64_t top_bits(std::uint64_t word) noexcept {
  return (((word >> 7) & kOnes) * 0x0102040810204080) >> 56;
}

inline BlockMask mask_block(const char* p) noexcept {
  BlockMask mask;
  for (unsigned i = 0; i < kBlockBytes; i += 8) {
    const std::uint64_t word = load_word(p + i);
    const std::uint64_t ends =
        zero_bytes(word ^ (kOnes * '\n')) | zero_bytes(word ^ (kOnes * '\r'));
    mask.line_ends |= top_bits(ends) << i;
    mask.non_ascii |= top_bits(word) << i;
  }
  return mask;
}

}  // namespace portable

#if defined(__SSE2__)

namespace sse2 {

inline std::uint64_t bits(__m128i bytes) noexcept {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
}

inline __m128i line_ends(__m128i bytes) noexcept {
  return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')),
                      _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')));
}

inline __m128i load(const char* p) noexcept {
  __m128i bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}

inline BlockMask mask_block(const char* p) noexcept {
  BlockMask mask;
  for (unsigned i = 0; i < kBlockBytes; i += 16) {
    const __m128i bytes = load(p + i);
    mask.line_ends |= bits(line_ends(bytes)) << i;
    mask.non_ascii |= bits(bytes) << i;
  }
  return mask;
}

}  // namespace sse2

/// Reads exactly kBlockBytes bytes.
inline BlockMask mask_block(const char* p) noexcept { return sse2::mask_block(p); }

#else

inline BlockMask mask_block(const char* p) noexcept { return portable::mask_block(p); }

#endif

/// The same of the last `size` < kBlockBytes bytes of a chunk; reads nothing beyond them.
inline BlockMask mask_tail(const char* p, std::size_t size) noexcept {
  char padded[kBlockBytes] = {};
  if (size > 0) std::memcpy(padded, p, size);
  return mask_block(padded);
}

}  // namespace sse::wire
