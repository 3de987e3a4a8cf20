#include "printable.hpp"

#include <cstdint>

#include <sse/encoder.hpp>

namespace sse::tail {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

std::uint32_t decode(std::string_view sequence) {
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(sequence[i])};
  };
  if (sequence.size() == 1) return byte(0);
  std::uint32_t code = byte(0) & (0x7fu >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i) code = code << 6 | (byte(i) & 0x3fu);
  return code;
}

bool steers_terminal(std::uint32_t code) {
  return (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0) ||
         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[value >> shift & 15u];
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    std::string_view sequence = text.substr(0, sequence_length(lead));
    const bool valid = is_valid_utf8(sequence);
    if (!valid) sequence = text.substr(0, 1);
    const std::uint32_t code = valid ? decode(sequence) : lead;
    if (valid && !steers_terminal(code)) {
      out.append(sequence);
    } else {
      out.append(code < 0x100 ? "\\x" : "\\u");
      append_hex(out, code, code < 0x100 ? 2 : 4);
    }
    text.remove_prefix(sequence.size());
  }
}

void append_printable_lines(std::string& out, std::string_view text) {
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find('\n');
    append_printable(out, text.substr(0, end));
    if (end == std::string_view::npos) return;
    out += '\n';
  }
}

}  // namespace sse::tail
