#include "escapes.hpp"

#include <charconv>

namespace sse::tail {
namespace {

constexpr std::string_view kLetters = "nrt0ae\\";
constexpr std::string_view kBytes("\n\r\t\0\a\x1b\\", 7);

}  // namespace

Result<std::string> unescape(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t slash = text.find('\\');
    out.append(text.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    text.remove_prefix(slash + 1);
    const std::size_t known = text.empty() ? std::string_view::npos : kLetters.find(text.front());
    if (known != std::string_view::npos) {
      out += kBytes[known];
      text.remove_prefix(1);
      continue;
    }
    unsigned byte = 0;
    const char* const digits = text.data() + 1;
    if (!text.starts_with('x') || text.size() < 3 ||
        std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
      return fail("unknown escape \\" + std::string(text.substr(0, 1)) +
                  ": there are \\n \\r \\t \\0 \\a \\e \\\\ and \\xHH");
    out += static_cast<char>(byte);
    text.remove_prefix(3);
  }
}

}  // namespace sse::tail
