#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace sse::http {

/// A set of byte values, for table look-ups.
using ByteSet = std::array<bool, 256>;

constexpr ByteSet byte_range(unsigned first, unsigned last) {
  ByteSet set{};
  for (unsigned c = first; c <= last; ++c) set[c] = true;
  return set;
}

constexpr ByteSet byte_set(std::string_view members) {
  ByteSet set{};
  for (char c : members) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr ByteSet operator|(const ByteSet& a, const ByteSet& b) {
  ByteSet set{};
  for (std::size_t c = 0; c < set.size(); ++c) set[c] = a[c] || b[c];
  return set;
}

constexpr ByteSet operator-(const ByteSet& a, const ByteSet& b) {
  ByteSet set{};
  for (std::size_t c = 0; c < set.size(); ++c) set[c] = a[c] && !b[c];
  return set;
}

inline constexpr ByteSet kDigits = byte_range('0', '9');
inline constexpr ByteSet kLetters = byte_range('a', 'z') | byte_range('A', 'Z');
inline constexpr ByteSet kHexDigits = kDigits | byte_range('a', 'f') | byte_range('A', 'F');
/// tchar, RFC 9110 section 5.6.2.
inline constexpr ByteSet kTokenBytes = kDigits | kLetters | byte_set("!#$%&'*+-.^_`|~");

constexpr bool contains(const ByteSet& set, char c) { return set[static_cast<unsigned char>(c)]; }

/// True if every byte of `text` is in `set` (also when there is none).
constexpr bool all_in(const ByteSet& set, std::string_view text) {
  for (char c : text)
    if (!contains(set, c)) return false;
  return true;
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() && all_in(kTokenBytes, text);
}

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// ASCII case-insensitive equality, as for header names and most tokens.
constexpr bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

/// The value of a hexadecimal digit, -1 for any other byte.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = to_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Optional white space, RFC 9110 section 5.6.3.
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

constexpr std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Without optional white space at both ends.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return trim_end(text);
}

/// Cuts the text before the first `separator` off `rest`; all of it when there is none.
constexpr std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace sse::http
