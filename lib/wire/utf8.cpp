#include "wire/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace sse::wire {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Sequence {
  std::size_t size;  // bytes read: the character, or the maximal subpart of an ill-formed one
  bool valid;
};

// What a lead byte announces: how many bytes, and the range of the second one.
struct Lead {
  std::uint8_t size;
  std::uint8_t low;
  std::uint8_t high;
};

constexpr Lead lead(std::uint8_t byte) noexcept {
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte < 0xF0) {
    return {3, static_cast<std::uint8_t>(byte == 0xE0 ? 0xA0 : 0x80),
            static_cast<std::uint8_t>(byte == 0xED ? 0x9F : 0xBF)};
  }
  if (byte < 0xF5) {
    return {4, static_cast<std::uint8_t>(byte == 0xF0 ? 0x90 : 0x80),
            static_cast<std::uint8_t>(byte == 0xF4 ? 0x8F : 0xBF)};
  }
  return {0, 0, 0};
}

constexpr std::uint8_t at(std::string_view bytes, std::size_t i) noexcept {
  return static_cast<std::uint8_t>(bytes[i]);
}

constexpr bool is_continuation(std::uint8_t byte) noexcept { return (byte & 0xC0) == 0x80; }

// Reads the non-ASCII sequence at `i`.
inline Sequence read_sequence(std::string_view bytes, std::size_t i) noexcept {
  const Lead first = lead(at(bytes, i));
  if (first.size == 0 || i + 1 >= bytes.size()) return {1, false};
  const std::uint8_t second = at(bytes, i + 1);
  if (second < first.low || second > first.high) return {1, false};
  for (std::size_t n = 2; n < first.size; ++n)
    if (i + n >= bytes.size() || !is_continuation(at(bytes, i + n))) return {n, false};
  return {first.size, true};
}

// The first byte at or after `i` that is not ASCII, or the end.
inline std::size_t skip_ascii(std::string_view bytes, std::size_t i) noexcept {
  while (i + 16 <= bytes.size()) {
    std::uint64_t words[2];
    std::memcpy(words, bytes.data() + i, sizeof words);
    if (((words[0] | words[1]) & 0x8080808080808080) != 0) break;
    i += 16;
  }
  while (i < bytes.size() && at(bytes, i) < 0x80) ++i;
  return i;
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view bytes) noexcept {
  std::size_t i = skip_ascii(bytes, 0);
  while (i < bytes.size()) {
    if (at(bytes, i) < 0x80) {
      i = skip_ascii(bytes, i + 1);
      continue;
    }
    const Sequence sequence = read_sequence(bytes, i);
    if (!sequence.valid) return i;
    i += sequence.size;
  }
  return bytes.size();
}

void append_decoded(std::string_view bytes, std::string& out) {
  for (;;) {
    const std::size_t valid = valid_utf8_prefix(bytes);
    out.append(bytes.substr(0, valid));
    if (valid == bytes.size()) return;
    out.append(kReplacement);
    bytes.remove_prefix(valid + read_sequence(bytes, valid).size);
  }
}

std::string_view cut_utf8(std::string_view bytes, std::size_t bytes_max) noexcept {
  if (bytes.size() <= bytes_max) return bytes;
  // A character has at most three continuation bytes; more are ill-formed wherever they are cut.
  std::size_t size = bytes_max;
  for (int n = 0; n < 3 && size > 0 && is_continuation(at(bytes, size)); ++n) --size;
  return bytes.substr(0, is_continuation(at(bytes, size)) ? bytes_max : size);
}

}  // namespace sse::wire
