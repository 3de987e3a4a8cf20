#pragma once

#include "base/clock.hpp"
#include "http/date.hpp"
#include "http/request.hpp"

namespace sse::server {

/// The headers with a Date: an origin server that has a clock must say when it answered (RFC 9110
/// section 6.6.1).
inline http::HeaderList dated(http::HeaderList headers) {
  headers.emplace_back("Date", http::http_date(unix_ms() / 1000));
  return headers;
}

}  // namespace sse::server
