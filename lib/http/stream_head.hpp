#pragma once

#include <string>
#include <string_view>

#include "http/request.hpp"

namespace sse::http {

/// Says in the head what the `gap` event says in the stream: what was asked for is not held.
inline constexpr std::string_view kGapHeader = "SSE-Gap";

/// What differs from one stream's response head to another's.
struct StreamHead {
  HeaderList extra;          ///< CorsPolicy::headers(), Date
  bool vary_accept = false;  ///< the same URL answers something else to another Accept header
  std::string gap;           ///< value of the gap header; empty: no such header
};

/// The headers of a stream but for Connection: what HTTP/2 sends too. Never a charset (browsers
/// differ in which they take), never a Content-Length.
HeaderList stream_headers(const StreamHead& head);

/// The response head of a stream over HTTP/1.x, up to and with the empty line. The body is
/// delimited by the close of the connection, for HTTP/1.0 clients as for HTTP/1.1.
std::string stream_head(const StreamHead& head);

}  // namespace sse::http
