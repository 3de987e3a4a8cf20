#include "base/json_text.hpp"

#include <cstdint>
#include <cstring>

namespace sse {
namespace {

bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

constexpr std::uint64_t repeat(unsigned char byte) { return 0x0101010101010101u * byte; }

// Whether a byte of the word is below `limit` (at most 0x80).
constexpr std::uint64_t any_below(std::uint64_t word, unsigned char limit) {
  return (word - repeat(limit)) & ~word & repeat(0x80);
}

bool word_needs_escape(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return (any_below(word, 0x20) | any_below(word ^ repeat('"'), 1) |
          any_below(word ^ repeat('\\'), 1)) != 0;
}

// How many bytes at the start of the text stand for themselves.
std::size_t plain_size(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at + sizeof(std::uint64_t) <= text.size() && !word_needs_escape(text.data() + at))
    at += sizeof(std::uint64_t);
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

void append_json_string(std::string& out, std::string_view utf8) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_size(utf8);
    out.append(utf8.substr(0, plain));
    if (plain == utf8.size()) break;
    append_escape(out, utf8[plain]);
    utf8.remove_prefix(plain + 1);
  }
  out += '"';
}

}  // namespace sse
