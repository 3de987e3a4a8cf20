#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sse::wire {

/// The type of an event that names none (WHATWG HTML 9.2.6, "dispatch the event").
inline constexpr std::string_view kDefaultType = "message";

enum class LineKind {
  unknown,  ///< a field the standard does not know: ignored
  comment,
  data,
  event,
  id,
  retry,
};

/// A non-empty line taken apart (WHATWG HTML 9.2.6, "process the field").
struct FieldLine {
  LineKind kind = LineKind::unknown;
  /// What follows the colon and one space, of a comment all that follows the colon. Lies in the
  /// line (at its end if it has no colon); empty for an unknown field.
  std::string_view value;
};

/// As many first bytes of a line as name its kind: the longest field name and the colon.
inline constexpr std::size_t kKindBytes = 6;

namespace detail {

// The field of a line that begins with `name`; unknown if more than the name precedes the colon.
constexpr FieldLine field_named(std::string_view name, LineKind kind,
                                std::string_view line) noexcept {
  if (!line.starts_with(name)) return {};
  line.remove_prefix(name.size());
  if (line.empty()) return {kind, line};
  if (line.front() != ':') return {};
  line.remove_prefix(line.size() > 1 && line[1] == ' ' ? 2 : 1);
  return {kind, line};
}

}  // namespace detail

/// Takes a non-empty line apart at its first colon; without one all of it is the name. Names are
/// compared literally: no case folding, no trimming.
constexpr FieldLine split_field(std::string_view line) noexcept {
  switch (line.front()) {
    case 'd':
      return detail::field_named("data", LineKind::data, line);
    case 'e':
      return detail::field_named("event", LineKind::event, line);
    case 'i':
      return detail::field_named("id", LineKind::id, line);
    case 'r':
      return detail::field_named("retry", LineKind::retry, line);
    case ':':
      return {LineKind::comment, line.substr(1)};
    default:
      return {};
  }
}

/// The value of a `retry` field: ASCII digits only, clamped to 2^53-1 (the largest integer every
/// client can hold); nullopt for anything else, also for an empty value.
std::optional<std::uint64_t> parse_retry(std::string_view value) noexcept;

}  // namespace sse::wire
