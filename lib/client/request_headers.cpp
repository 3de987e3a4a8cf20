#include "client/request_headers.hpp"

#include <algorithm>
#include <array>

namespace sse::client {

bool is_legal_header_value(std::string_view value) noexcept {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!value.empty() && (blank(value.front()) || blank(value.back()))) return false;
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

std::string header_name(std::string_view line) {
  const std::size_t colon = line.find_first_of(":;");
  if (colon == std::string_view::npos) return {};
  std::string name(line.substr(0, colon));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

std::vector<std::string> request_headers(const std::vector<std::string>& user_lines,
                                         std::string_view last_event_id) {
  constexpr std::array<std::string_view, 2> kDefaults{"Accept: text/event-stream",
                                                      "Cache-Control: no-cache"};
  std::vector<std::string> lines;
  for (const std::string_view line : kDefaults) {
    const bool replaced = std::any_of(user_lines.begin(), user_lines.end(), [&](const auto& own) {
      return header_name(own) == header_name(line);
    });
    if (!replaced) lines.emplace_back(line);
  }
  lines.insert(lines.end(), user_lines.begin(), user_lines.end());
  if (!last_event_id.empty() && is_legal_header_value(last_event_id))
    lines.push_back("Last-Event-ID: " + std::string(last_event_id));
  return lines;
}

}  // namespace sse::client
