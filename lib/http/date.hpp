#pragma once

#include <cstdint>
#include <string>

namespace sse::http {

/// The value of a Date header, "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 section
/// 5.6.7), for a time in seconds since the Unix epoch.
std::string http_date(std::uint64_t unix_seconds);

}  // namespace sse::http
