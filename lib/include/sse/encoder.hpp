#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sse/export.hpp>

namespace sse {

/// The fields of one block to be written. Absent and empty differ: an empty id resets the client's
/// last event ID string, absent data makes a block that dispatches nothing.
struct EventFields {
  std::optional<std::string_view> comment = {};
  std::optional<std::string_view> id = {};
  std::optional<std::string_view> event = {};
  std::optional<std::uint64_t> retry_ms = {};
  std::optional<std::string_view> data = {};
};

enum class Field { comment, id, event, retry, data };
enum class FieldFault {
  line_break,    ///< CR or LF in `id` or `event`
  nul,           ///< NUL in `id` or `event`
  invalid_utf8,  ///< not well-formed UTF-8
};

/// Why a block cannot be encoded: which field, what is wrong, at which byte of its value.
struct SSE_EXPORT FieldError {
  Field field;
  FieldFault fault;
  std::size_t offset;
  /// One clause for a message, e.g. "id: line break at byte 3".
  std::string message() const;
};

/// The first fault of the fields, or nullopt when encode() can write them. Thread-safe.
SSE_EXPORT std::optional<FieldError> validate(const EventFields& fields) noexcept;

/// Appends the block to `out` (WHATWG HTML 9.2.5): comment, id, event, retry, data lines, blank
/// line. Data and comment are split at CRLF, CR and LF, so nothing in them can become a field;
/// an event that is `message` or empty is left out, being the default. A value is preceded by one
/// space; an empty one is written as `name:`. Every block, also one of a comment only, ends with a
/// blank line, so any block may follow any other. `out` grows by exactly the bytes of the block.
/// Preconditions: validate(fields) == nullopt; no field is a view of `out`. Thread-safe.
SSE_EXPORT void encode(const EventFields& fields, std::string& out);

/// Whether the bytes are well-formed UTF-8. Thread-safe.
SSE_EXPORT bool is_valid_utf8(std::string_view bytes) noexcept;

}  // namespace sse
