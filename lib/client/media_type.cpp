#include "client/media_type.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/trim.hpp"

namespace sse::client {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// The essence of one value, or nothing when it is no MIME type.
std::optional<std::string_view> essence(std::string_view value) {
  value = trim_line(value.substr(0, value.find(';')));
  const std::size_t slash = value.find('/');
  if (slash == std::string_view::npos || !is_token(value.substr(0, slash)) ||
      !is_token(value.substr(slash + 1)) || value == "*/*")
    return std::nullopt;
  return value;
}

// Splits at commas outside quoted strings.
std::vector<std::string_view> split_list(std::string_view field) {
  std::vector<std::string_view> values;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (quoted && field[i] == '\\') {
      ++i;
    } else if (field[i] == '"') {
      quoted = !quoted;
    } else if (field[i] == ',' && !quoted) {
      values.push_back(field.substr(start, i - start));
      start = i + 1;
    }
  }
  values.push_back(field.substr(std::min(start, field.size())));
  return values;
}

bool names(std::span<const std::string> content_types, std::string_view type) {
  std::string_view last;
  for (const std::string& field : content_types)
    for (const std::string_view value : split_list(field))
      if (const auto valid = essence(value)) last = *valid;
  return equals_ignoring_case(last, type);
}

}  // namespace

bool is_event_stream(std::span<const std::string> content_types) {
  return names(content_types, "text/event-stream");
}

bool is_json_type(std::span<const std::string> content_types) {
  return names(content_types, "application/json");
}

}  // namespace sse::client
