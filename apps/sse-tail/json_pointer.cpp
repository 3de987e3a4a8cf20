#include "json_pointer.hpp"

#include "json_cursor.hpp"
#include "json_value.hpp"

namespace sse::tail {
namespace {

Result<std::string> unescape_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    const char next = i + 1 < token.size() ? token[++i] : '\0';
    if (next != '0' && next != '1') return fail("in a JSON pointer ~ is written ~0, and / is ~1");
    out += next == '0' ? '~' : '/';
  }
  return out;
}

std::optional<std::string_view> member(JsonCursor object, const std::string& name) {
  std::optional<std::string_view> found;
  for (object.enter(); object.has_member();) {
    const bool wanted = json_as_text(object.take_name()) == name;
    const std::string_view value = object.take_value();
    if (wanted) found = value;
  }
  return found;
}

std::optional<std::string_view> element(JsonCursor array, const std::string& index) {
  std::size_t number = 0;
  for (array.enter(); array.has_member(); ++number) {
    const std::string_view value = array.take_value();
    if (std::to_string(number) == index) return value;
  }
  return std::nullopt;
}

}  // namespace

Result<JsonPointer> JsonPointer::parse(std::string_view text) {
  if (!text.empty() && text.front() != '/')
    return fail("'" + std::string(text) + "' is not a JSON pointer: it must begin with /");
  JsonPointer pointer;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = text.find('/');
    auto token = unescape_token(text.substr(0, end));
    if (!token) return tl::unexpected(token.error());
    pointer.tokens_.push_back(*std::move(token));
    text.remove_prefix(std::min(end, text.size()));
  }
  return pointer;
}

std::optional<std::string_view> JsonPointer::find(std::string_view json) const {
  std::optional<std::string_view> value = JsonCursor(json).take_value();
  for (const std::string& token : tokens_) {
    const JsonCursor inside(*value);
    if (value->starts_with('{')) {
      value = member(inside, token);
    } else if (value->starts_with('[')) {
      value = element(inside, token);
    } else {
      return std::nullopt;
    }
    if (!value) return std::nullopt;
  }
  return value;
}

}  // namespace sse::tail
