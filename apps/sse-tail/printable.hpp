#pragma once

#include <string>
#include <string_view>

namespace sse::tail {

/// Appends text for a terminal: what could steer it (C0 and C1 controls, DEL, bidirectional
/// overrides) becomes \x1b or \u202e, as does a byte that is not UTF-8; a tab stays.
void append_printable(std::string& out, std::string_view text);

/// The same, but newlines stay.
void append_printable_lines(std::string& out, std::string_view text);

}  // namespace sse::tail
