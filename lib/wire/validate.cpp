#include <algorithm>
#include <array>

#include <sse/encoder.hpp>

#include "wire/utf8.hpp"

namespace sse {
namespace {

using Check = std::optional<FieldError>;

Check check_text(Field field, std::string_view value) noexcept {
  const std::size_t valid = wire::valid_utf8_prefix(value);
  if (valid == value.size()) return std::nullopt;
  return FieldError{field, FieldFault::invalid_utf8, valid};
}

// The first byte that `id` and `event` must not have, or the end.
std::size_t find_forbidden(std::string_view value) noexcept {
  const auto forbidden = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return static_cast<std::size_t>(std::find_if(value.begin(), value.end(), forbidden) -
                                  value.begin());
}

// `id` and `event` are one line: what a break or NUL in them would do is never what was meant.
Check check_line(Field field, std::string_view value) noexcept {
  const std::size_t bad = find_forbidden(value);
  if (const Check fault = check_text(field, value.substr(0, bad))) return fault;
  if (bad == value.size()) return std::nullopt;
  return FieldError{field, value[bad] == '\0' ? FieldFault::nul : FieldFault::line_break, bad};
}

constexpr std::array<std::string_view, 5> kFieldNames{"comment", "id", "event", "retry", "data"};
constexpr std::array<std::string_view, 3> kFaultNames{"line break", "NUL", "invalid UTF-8"};

}  // namespace

std::string FieldError::message() const {
  std::string text(kFieldNames[static_cast<std::size_t>(field)]);
  text.append(": ").append(kFaultNames[static_cast<std::size_t>(fault)]);
  return text.append(" at byte ").append(std::to_string(offset));
}

std::optional<FieldError> validate(const EventFields& fields) noexcept {
  Check fault;
  if (fields.comment) fault = check_text(Field::comment, *fields.comment);
  if (!fault && fields.id) fault = check_line(Field::id, *fields.id);
  if (!fault && fields.event) fault = check_line(Field::event, *fields.event);
  if (!fault && fields.data) fault = check_text(Field::data, *fields.data);
  return fault;
}

bool is_valid_utf8(std::string_view bytes) noexcept {
  return wire::valid_utf8_prefix(bytes) == bytes.size();
}

}  // namespace sse
