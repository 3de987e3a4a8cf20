#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sse::wire {

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

/// Names are compared literally: no case folding, no trimming.
constexpr LineKind field_kind(std::string_view name) noexcept {
  if (name == "data") return LineKind::data;
  if (name == "id") return LineKind::id;
  if (name == "event") return LineKind::event;
  if (name == "retry") return LineKind::retry;
  return LineKind::unknown;
}

/// Drops the colon and one space after it.
constexpr std::string_view value_after(std::string_view line, std::size_t name_size) noexcept {
  line.remove_prefix(name_size + 1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

/// Takes a non-empty line apart at its first colon; without one all of it is the name.
constexpr FieldLine split_field(std::string_view line) noexcept {
  if (line.starts_with("data:")) return {LineKind::data, value_after(line, 4)};
  const std::size_t colon = line.substr(0, kKindBytes).find(':');
  if (colon == 0) return {LineKind::comment, line.substr(1)};
  if (colon == std::string_view::npos) {
    // A colon further on would end a name longer than any known one.
    const bool whole_name = line.size() < kKindBytes;
    return {whole_name ? field_kind(line) : LineKind::unknown, line.substr(line.size())};
  }
  const LineKind kind = field_kind(line.substr(0, colon));
  return {kind, kind == LineKind::unknown ? std::string_view{} : value_after(line, colon)};
}

/// The value of a `retry` field: ASCII digits only, clamped to 2^53-1 (the largest integer every
/// client can hold); nullopt for anything else, also for an empty value.
std::optional<std::uint64_t> parse_retry(std::string_view value) noexcept;

}  // namespace sse::wire
