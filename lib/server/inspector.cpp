#include "server/inspector.hpp"

#include <fmt/format.h>

#include <random>

#include "server/inspector_text.hpp"

namespace sse::server {
namespace {

constexpr int kNonceWords = 4;  // 128 bits

// What no page can guess: nothing but our own style and script runs in the inspector.
std::string new_nonce() {
  std::random_device random;
  std::string nonce;
  for (int word = 0; word < kNonceWords; ++word) nonce += fmt::format("{:08x}", random());
  return nonce;
}

std::string escape_attribute(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '<')
      out += "&lt;";
    else
      out += c;
  }
  return out;
}

// Appends the template up to the next {{name}}, whose name it returns; empty at the end.
std::string_view copy_to_mark(std::string_view& rest, std::string& out) {
  const std::size_t mark = rest.find("{{");
  out += rest.substr(0, mark);
  if (mark == std::string_view::npos) return {};
  const std::size_t end = rest.find("}}", mark);
  const std::string_view name = rest.substr(mark + 2, end - mark - 2);
  rest.remove_prefix(end + 2);
  return name;
}

std::string fill_page(const std::string& nonce, std::string_view path) {
  std::string out;
  out.reserve(kInspectorHtml.size() + kInspectorCss.size() + kInspectorJs.size() + 256);
  std::string_view rest = kInspectorHtml;
  for (;;) {
    const std::string_view name = copy_to_mark(rest, out);
    if (name.empty()) return out;
    if (name == "nonce")
      out += nonce;
    else if (name == "path")
      out += escape_attribute(path);
    else
      out += name == "style" ? kInspectorCss : kInspectorJs;
  }
}

}  // namespace

Inspector Inspector::page(std::string_view path) {
  const std::string nonce = new_nonce();
  const std::string source = "'nonce-" + nonce + "'";
  return {fill_page(nonce, path),
          {{"Content-Security-Policy",
            "default-src 'none'; script-src " + source + "; style-src " + source +
                "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'; require-trusted-types-for 'script'"},
           {"X-Content-Type-Options", "nosniff"},
           {"Referrer-Policy", "no-referrer"}}};
}

}  // namespace sse::server
