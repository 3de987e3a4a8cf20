#include "json_cursor.hpp"

#include <algorithm>

namespace sse::tail {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

void JsonCursor::skip(std::size_t count) {
  text_.remove_prefix(std::min(count, text_.size()));
  text_.remove_prefix(std::min(text_.find_first_not_of(kSpace), text_.size()));
}

std::string_view JsonCursor::take_value() {
  skip(0);
  if (text_.empty()) return {};
  const char first = text_.front();
  const std::size_t size = first == '"'                   ? string_size()
                           : first == '{' || first == '[' ? container_size()
                                                          : scalar_size();
  const std::string_view value = text_.substr(0, size);
  skip(size);
  return value;
}

bool JsonCursor::has_member() {
  skip(0);
  if (text_.starts_with(',')) skip(1);
  return !text_.empty() && text_.front() != '}' && text_.front() != ']';
}

std::string_view JsonCursor::take_name() {
  const std::string_view name = take_value();
  skip(1);  // the colon
  return name;
}

std::size_t JsonCursor::string_size() const {
  for (std::size_t at = text_.find_first_of("\"\\", 1); at != std::string_view::npos;
       at = text_.find_first_of("\"\\", at + 2))
    if (text_[at] == '"') return at + 1;
  return text_.size();
}

std::size_t JsonCursor::scalar_size() const {
  return std::min(text_.find_first_of(",]} \t\r\n"), text_.size());
}

std::size_t JsonCursor::container_size() const {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == '"') {
      at += JsonCursor(text_.substr(at)).string_size() - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return text_.size();
}

}  // namespace sse::tail
