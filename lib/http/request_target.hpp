#pragma once

#include <optional>

#include "http/ascii.hpp"
#include "http/http_error.hpp"
#include "http/request.hpp"

namespace sse::http {

/// What a request target is made of: visible ASCII less what no client may send unescaped.
/// Browsers do send {}|^`[]\ in a query.
inline constexpr ByteSet kTargetBytes = byte_range(0x21, 0x7e) - byte_set("\"#<>");

/// Reads Request::target into path and query: origin-form, absolute-form (http and https, its
/// authority equal to Host) and, for OPTIONS, asterisk-form (RFC 9112 section 3.2). Serves HTTP/2
/// too, with ":path" as the target. Method, target and headers must be there.
std::optional<HttpError> read_target(Request& request);

}  // namespace sse::http
