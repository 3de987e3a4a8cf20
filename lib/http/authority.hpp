#pragma once

#include <string>
#include <string_view>

namespace sse::http {

/// The value of a Host header or the authority of a URL, cut in two.
struct Authority {
  std::string_view host;  ///< with the brackets of an IPv6 literal
  std::string_view port;  ///< empty when there is none
};

/// Cuts at the port's colon without checking anything.
Authority split_authority(std::string_view text);

/// A host as it stands in a URL: an IPv6 literal gets its brackets.
std::string bracketed(std::string_view host);

/// uri-host [":" port] of RFC 3986: a registered name, an IPv4 address or a literal in brackets, no
/// user information, no comma (two values merged by someone on the way), port at most 65535.
bool is_valid_authority(std::string_view text);

/// A host that is this machine wherever it is said: localhost, 127.0.0.0/8 or [::1].
bool is_loopback_host(std::string_view host);

/// Same host (case-insensitive) and port, where no port means `default_port`.
bool same_authority(std::string_view a, std::string_view b, std::string_view default_port);

}  // namespace sse::http
