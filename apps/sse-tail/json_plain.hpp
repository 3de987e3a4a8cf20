#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sse::tail {

namespace detail {

template <std::size_t kBytes>
struct JsonPiece {
  using Bytes [[gnu::vector_size(kBytes)]] = std::uint8_t;
  using Flags [[gnu::vector_size(kBytes)]] = std::int8_t;

  // Copies a piece; flags of the bytes that need an escape.
  static Flags copy(char* to, const char* from) noexcept {
    Bytes bytes;
    std::memcpy(&bytes, from, kBytes);
    std::memcpy(to, &bytes, kBytes);
    return (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
  }

  static bool none(Flags flags) noexcept {
    std::uint64_t words[kBytes / 8];
    std::memcpy(words, &flags, kBytes);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) any |= word;
    return any == 0;
  }

  // The last piece overlaps the one before. Looks at the first at once: JSON data has a quote there
  // mostly. Precondition: size >= kBytes.
  static bool copy_all(char* to, const char* from, std::size_t size) noexcept {
    if (!none(copy(to, from))) return false;
    const std::size_t last = size - kBytes;
    Flags found{};
    for (std::size_t at = kBytes; at < last; at += kBytes) found |= copy(to + at, from + at);
    found |= copy(to + last, from + last);
    return none(found);
  }
};

}  // namespace detail

/// Copies UTF-8 that a JSON string holds as it is; false if something in it needs an escape, which
/// leaves as many bytes of no use at `to`.
inline bool copy_json_plain(char* to, std::string_view utf8) noexcept {
  const std::size_t size = utf8.size();
  if (size >= 16) return detail::JsonPiece<16>::copy_all(to, utf8.data(), size);
  if (size >= 8) return detail::JsonPiece<8>::copy_all(to, utf8.data(), size);
  bool plain = true;
  for (std::size_t at = 0; at < size; ++at) {
    const auto byte = static_cast<std::uint8_t>(utf8[at]);
    plain &= byte >= 0x20 && byte != '"' && byte != '\\';
    to[at] = utf8[at];
  }
  return plain;
}

}  // namespace sse::tail
