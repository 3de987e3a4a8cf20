#pragma once

#include <optional>

#include "http/http_error.hpp"
#include "http/request.hpp"

namespace sse::http {

/// Reads Request::target into path and query: origin-form, absolute-form (http and https, its
/// authority equal to Host) and, for OPTIONS, asterisk-form (RFC 9112 section 3.2).
std::optional<HttpError> read_target(Request& request);

/// The same for a target that is known to be in origin-form.
std::optional<HttpError> read_origin_form(std::string_view target, Request& request);

}  // namespace sse::http
