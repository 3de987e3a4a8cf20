#include "json_value.hpp"

#include <nlohmann/json.hpp>

#include "json_cursor.hpp"

namespace sse::tail {

bool is_json(std::string_view text) {
  return !text.starts_with("\xef\xbb\xbf") && nlohmann::json::accept(text.begin(), text.end());
}

void append_minified(std::string& out, std::string_view json) {
  while (!json.empty()) {
    const std::size_t end = std::min(json.find_first_of("\" \t\r\n"), json.size());
    out.append(json.substr(0, end));
    json.remove_prefix(end);
    if (json.empty()) return;
    if (json.front() == '"') {
      const std::string_view text = JsonCursor(json).take_value();
      out.append(text);
      json.remove_prefix(text.size());
    } else {
      json.remove_prefix(1);
    }
  }
}

std::string json_as_text(std::string_view json) {
  const std::string_view value = JsonCursor(json).take_value();
  if (value.starts_with('"')) {
    if (value.find('\\') == std::string_view::npos)
      return std::string(value.substr(1, value.size() - 2));
    return nlohmann::json::parse(value.begin(), value.end(), nullptr, false).get<std::string>();
  }
  std::string text;
  append_minified(text, value);
  return text;
}

}  // namespace sse::tail
