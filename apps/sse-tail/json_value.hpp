#pragma once

#include <string>
#include <string_view>

namespace sse::tail {

/// Whether the text is one JSON value (RFC 8259), without a byte order mark.
bool is_json(std::string_view text);

/// Appends the value without the white space between its tokens, hence on one line; numbers keep
/// their digits. Precondition: is_json(json).
void append_minified(std::string& out, std::string_view json);

/// A value for people and comparisons: a string without quotes and escapes, anything else
/// minified. Precondition: is_json(json).
std::string json_as_text(std::string_view json);

}  // namespace sse::tail
