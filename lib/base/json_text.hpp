#pragma once

#include <string>
#include <string_view>

namespace sse {

/// Appends `utf8` as a JSON string in quotes (RFC 8259 section 7): quotes, backslashes and control
/// characters escaped, everything else as it is. Precondition for valid JSON: well-formed UTF-8.
void append_json_string(std::string& out, std::string_view utf8);

/// The same without the quotes.
void append_json_escaped(std::string& out, std::string_view utf8);

}  // namespace sse
