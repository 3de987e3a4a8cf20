#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sse::wire {

inline constexpr std::size_t kBlockBytes = 64;
inline constexpr std::size_t kVectorBytes = 16;

/// What a block of 64 bytes holds: bit i speaks of byte i.
struct BlockMask {
  std::uint64_t line_ends = 0;  ///< CR or LF
  std::uint64_t special = 0;    ///< what few values have: NUL, and 0x80 and above

  /// Adds what a few bytes hold that start at byte `at` of the block.
  void add(const BlockMask& part, std::size_t at) noexcept {
    line_ends |= part.line_ends << at;
    special |= part.special << at;
  }
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

/// Of 8 bytes.
inline BlockMask mask_word(std::uint64_t word) noexcept {
  const std::uint64_t ends = zero_bytes(word ^ (kOnes * '\n')) | zero_bytes(word ^ (kOnes * '\r'));
  return {top_bits(ends), top_bits(zero_bytes(word) | word)};
}

/// Of 16 bytes.
inline BlockMask mask_vector(const char* p) noexcept {
  BlockMask mask = mask_word(load_word(p));
  mask.add(mask_word(load_word(p + 8)), 8);
  return mask;
}

/// Of 64 bytes.
inline BlockMask mask_block(const char* p) noexcept {
  BlockMask mask;
  for (std::size_t at = 0; at < kBlockBytes; at += kVectorBytes) mask.add(mask_vector(p + at), at);
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

// Signed: NUL, and 0x80 and above.
inline __m128i specials(__m128i bytes) noexcept { return _mm_cmplt_epi8(bytes, _mm_set1_epi8(1)); }

inline bool any_special(__m128i a, __m128i b, __m128i c, __m128i d) noexcept {
  const __m128i top = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
  const __m128i least = _mm_min_epu8(_mm_min_epu8(a, b), _mm_min_epu8(c, d));
  return bits(_mm_or_si128(top, _mm_cmpeq_epi8(least, _mm_setzero_si128()))) != 0;
}

/// Of 16 bytes.
inline BlockMask mask_vector(const char* p) noexcept {
  const __m128i bytes = load(p);
  return {bits(line_ends(bytes)), bits(specials(bytes))};
}

inline std::uint64_t join(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                          std::uint64_t d) noexcept {
  return (a | b << 16) | (c | d << 16) << 32;
}

/// Of 64 bytes, which mostly have nothing special.
inline BlockMask mask_block(const char* p) noexcept {
  const __m128i a = load(p), b = load(p + 16), c = load(p + 32), d = load(p + 48);
  BlockMask mask;
  mask.line_ends =
      join(bits(line_ends(a)), bits(line_ends(b)), bits(line_ends(c)), bits(line_ends(d)));
  if (any_special(a, b, c, d))
    mask.special = join(bits(specials(a)), bits(specials(b)), bits(specials(c)), bits(specials(d)));
  return mask;
}

}  // namespace sse2

using sse2::mask_block;
using sse2::mask_vector;

#else

using portable::mask_block;
using portable::mask_vector;

#endif

// Of fewer bytes than a vector; the loads overlap where the size is no power of two.
[[gnu::always_inline]] inline BlockMask mask_few(const char* p, std::size_t size) noexcept {
  BlockMask mask;
  if (size >= 8) {
    mask = portable::mask_word(portable::load_word(p));
    mask.add(portable::mask_word(portable::load_word(p + size - 8)), size - 8);
    return mask;
  }
  for (std::size_t at = 0; at < size; ++at) {
    const bool end = p[at] == '\n' || p[at] == '\r';
    mask.line_ends |= std::uint64_t{end} << at;
    mask.special |= std::uint64_t{p[at] == '\0' || (p[at] & '\x80') != 0} << at;
  }
  return mask;
}

/// The same of the last `size` < kBlockBytes bytes of a chunk; reads nothing beyond them.
[[gnu::always_inline]] inline BlockMask mask_tail(const char* p, std::size_t size) noexcept {
  if (size < kVectorBytes) return mask_few(p, size);
  BlockMask mask;
  const std::size_t last = size - kVectorBytes;
  for (std::size_t at = 0; at < last; at += kVectorBytes) mask.add(mask_vector(p + at), at);
  mask.add(mask_vector(p + last), last);
  return mask;
}

}  // namespace sse::wire
