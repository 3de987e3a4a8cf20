#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sse::wire {

/// Length of the longest well-formed UTF-8 prefix, in bytes (Unicode, table 3-7).
std::size_t valid_utf8_prefix(std::string_view bytes) noexcept;

/// Appends the bytes to `out` as a UTF-8 decoder reads them: each maximal subpart of an ill-formed
/// sequence becomes one U+FFFD (Encoding standard, "UTF-8 decoder").
void append_decoded(std::string_view bytes, std::string& out);

/// `bytes` cut to at most `bytes_max`, at the start of a character.
std::string_view cut_utf8(std::string_view bytes, std::size_t bytes_max) noexcept;

}  // namespace sse::wire
