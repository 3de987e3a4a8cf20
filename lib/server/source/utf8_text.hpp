#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sse::server {

/// Appends the bytes to `out`, each maximal subpart of an ill-formed sequence as one U+FFFD, as a
/// decoder does (Encoding standard, "UTF-8 decoder").
void replace_invalid_utf8(std::string_view bytes, std::string& out);

/// The text without an incomplete character at its end, as cutting at a byte count may leave.
std::string_view trim_cut_character(std::string_view text) noexcept;

}  // namespace sse::server
