#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/request.hpp"

namespace sse::http {

/// The essence of a media type ("type/subtype", lower case), parameters and white space left out;
/// empty if `value` is not a media type.
std::string media_type_essence(std::string_view value);

/// How welcome `media_type` (an essence) is to an Accept header value, in thousandths: 0 (not) to
/// 1000. The most specific range that matches counts (RFC 9110 section 12.5.1); parameters other
/// than q are ignored, malformed ranges too. An empty value accepts everything.
int accept_weight(std::string_view accept, std::string_view media_type);

/// Does the client take text/event-stream? True also without an Accept header.
bool accepts_event_stream(const Request& request);

/// Does the client want this media type rather than text/event-stream: "text/html" for a browser
/// that navigates, "image/png" for one that looks for an icon.
bool prefers(const Request& request, std::string_view media_type);

}  // namespace sse::http
