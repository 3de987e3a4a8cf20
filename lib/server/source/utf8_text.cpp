#include "server/source/utf8_text.hpp"

#include <algorithm>
#include <cstdint>

namespace sse::server {
namespace {

// What may follow a lead byte (Unicode, table 3-7): how many bytes, and the range of the first.
struct Lead {
  std::size_t following = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
};

Lead lead_of(std::uint8_t byte) noexcept {
  if (byte >= 0xC2 && byte <= 0xDF) return {.following = 1};
  if (byte == 0xE0) return {.following = 2, .low = 0xA0};
  if (byte == 0xED) return {.following = 2, .high = 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {.following = 2};
  if (byte == 0xF0) return {.following = 3, .low = 0x90};
  if (byte == 0xF4) return {.following = 3, .high = 0x8F};
  if (byte >= 0xF1 && byte <= 0xF3) return {.following = 3};
  return {};
}

struct Sequence {
  std::size_t length;  // of the character, or of the maximal subpart of one
  bool complete;
  bool cut;  // the text ends before the sequence does
};

Sequence first_sequence(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (byte(0) < 0x80) return {1, true, false};
  const Lead lead = lead_of(byte(0));
  if (lead.following == 0) return {1, false, false};
  for (std::size_t i = 1; i <= lead.following; ++i) {
    if (i == text.size()) return {i, false, true};
    const bool fits =
        i == 1 ? byte(i) >= lead.low && byte(i) <= lead.high : (byte(i) & 0xC0) == 0x80;
    if (!fits) return {i, false, false};
  }
  return {lead.following + 1, true, false};
}

}  // namespace

void replace_invalid_utf8(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const Sequence sequence = first_sequence(bytes);
    out.append(sequence.complete ? bytes.substr(0, sequence.length) : "\xEF\xBF\xBD");
    bytes.remove_prefix(sequence.length);
  }
}

std::string_view trim_cut_character(std::string_view text) noexcept {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const std::string_view end = text.substr(text.size() - back);
    if ((static_cast<std::uint8_t>(end[0]) & 0xC0) == 0x80) continue;
    return first_sequence(end).cut ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

}  // namespace sse::server
