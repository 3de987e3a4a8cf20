#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sse-pub/outgoing_event.hpp"

namespace sse::pub {

/// What the fields of a template stand for that belongs to one event.
struct TemplateValues {
  std::uint64_t seq = 1;     ///< number of the event in its run
  std::uint64_t now_ms = 0;  ///< since the Unix epoch
};

/// The text with its fields filled in: `{seq}`, `{now}` (RFC 3339, UTC, milliseconds), `{uuid}` (a
/// new one each time), `{env:NAME}`; `{{` is a brace. The error names an unknown field, an unset
/// variable or says that a field has no end.
Result<std::string> expand_template(std::string_view text, const TemplateValues& values);

/// Fills in data, id and event type. The error names the field of the event.
Result<void> expand_event(OutgoingEvent& event, const TemplateValues& values);

}  // namespace sse::pub
