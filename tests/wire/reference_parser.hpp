#pragma once

#include <string>
#include <string_view>

#include "wire/transcript.hpp"

namespace sse::test {

/// WHATWG HTML 9.2.6 written down as plainly as possible: the whole stream at once, no limits, no
/// care for speed. What EventParser is compared with.
Transcript reference_parse(std::string_view bytes);

/// The UTF-8 decoder of the Encoding standard, byte by byte as its text has it, back in UTF-8.
std::string reference_decode(std::string_view bytes);

/// What comes back of data or a comment that was encoded: CRLF and CR become LF.
std::string normalise_line_ends(std::string_view text);

}  // namespace sse::test
