#include "base/json_text.hpp"

namespace sse {
namespace {

bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
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
  std::size_t plain = 0;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    if (!needs_escape(utf8[i])) continue;
    out.append(utf8.substr(plain, i - plain));
    append_escape(out, utf8[i]);
    plain = i + 1;
  }
  out.append(utf8.substr(plain)) += '"';
}

}  // namespace sse
