#include "base/json_text.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sse {
namespace {

constexpr std::uint64_t repeat(unsigned char byte) { return 0x0101010101010101u * byte; }

// The top bits of bytes below `limit` (at most 0x80): the lowest is exact, those above may not be.
constexpr std::uint64_t below(std::uint64_t word, unsigned char limit) {
  return (word - repeat(limit)) & ~word & repeat(0x80);
}

// 8 bytes of text.
struct Word {
  static constexpr std::size_t kBytes = 8;

  // Which of them needs an escape first; kBytes: none.
  static std::size_t first_escape(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    const std::uint64_t found =
        below(word, 0x20) | below(word ^ repeat('"'), 1) | below(word ^ repeat('\\'), 1);
    return static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
};

#if defined(__SSE2__)

// The same of 16 bytes.
struct Vector {
  static constexpr std::size_t kBytes = 16;

  static std::size_t first_escape(const char* at) noexcept {
    __m128i bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const int found = _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
    return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(found) | 1u << kBytes));
  }
};

#else

using Vector = Word;

#endif

// The last piece overlaps the one before. Precondition: the text has at least Piece::kBytes.
template <class Piece>
std::size_t plain_size_by(std::string_view text) noexcept {
  const std::size_t last = text.size() - Piece::kBytes;
  for (std::size_t at = 0; at < last; at += Piece::kBytes) {
    const std::size_t plain = Piece::first_escape(text.data() + at);
    if (plain < Piece::kBytes) return at + plain;
  }
  return last + Piece::first_escape(text.data() + last);
}

bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// How many bytes at the start of the text stand for themselves.
std::size_t plain_size(std::string_view text) noexcept {
  if (text.size() >= Vector::kBytes) return plain_size_by<Vector>(text);
  if (text.size() >= Word::kBytes) return plain_size_by<Word>(text);
  std::size_t at = 0;
  while (at < text.size() && !needs_escape(text[at])) ++at;
  return at;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kFrom = "\"\\\b\f\n\r\t";
  constexpr std::string_view kTo = "\"\\bfnrt";
  out += '\\';
  if (const std::size_t at = kFrom.find(c); at != std::string_view::npos) {
    out += kTo[at];
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out.append("u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view utf8) {
  while (true) {
    const std::size_t plain = plain_size(utf8);
    out.append(utf8.substr(0, plain));
    if (plain == utf8.size()) return;
    append_escape(out, utf8[plain]);
    utf8.remove_prefix(plain + 1);
  }
}

void append_json_string(std::string& out, std::string_view utf8) {
  out += '"';
  append_json_escaped(out, utf8);
  out += '"';
}

}  // namespace sse
