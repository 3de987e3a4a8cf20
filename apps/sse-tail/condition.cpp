#include "condition.hpp"

#include "json_value.hpp"

namespace sse::tail {

Result<Condition> Condition::parse(const std::string& text) {
  Condition condition;
  std::size_t end = text.find('=');
  if (end != std::string::npos) {
    condition.value_ = text.substr(end + 1);
    condition.test_ = end > 0 && text[end - 1] == '!' ? Test::different : Test::equal;
    if (condition.test_ == Test::different) --end;
  }
  if (!text.starts_with('/'))
    return fail("'" + text + "' is not a condition: write /POINTER=VALUE");
  auto pointer = JsonPointer::parse(std::string_view(text).substr(0, end));
  if (!pointer) return tl::unexpected(pointer.error());
  condition.pointer_ = *std::move(pointer);
  return condition;
}

bool Condition::holds(std::string_view data) const {
  const auto found = is_json(data) ? pointer_.find(data) : std::nullopt;
  if (test_ == Test::exists) return found.has_value();
  const bool equal = found && json_as_text(*found) == value_;
  return equal == (test_ == Test::equal);
}

}  // namespace sse::tail
