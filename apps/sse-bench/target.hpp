#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sse::bench {

/// An http:// or https:// URL, taken apart.
struct HttpUrl {
  std::string text;  ///< as given
  bool tls = false;
  std::string host;       ///< to resolve: without the brackets of an IPv6 address
  std::string port;       ///< "80" or "443" when not given
  std::string authority;  ///< for the Host header, as given
  std::string path;       ///< path and query, never empty
};

/// Where to connect.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address); }
  /// IPv4 127.0.0.0/8, where every address is this machine's.
  bool is_loopback_v4() const noexcept;
};

Result<HttpUrl> parse_http_url(std::string_view text);

/// The first address of the host. Error: "cannot resolve 'HOST': …".
Result<Endpoint> resolve(const HttpUrl& url);

/// An IPv4 or IPv6 address in figures, to bind to (port 0).
Result<Endpoint> parse_source(const std::string& address);
/// 127.0.0.2, 127.0.0.3 and so on.
std::vector<Endpoint> loopback_sources(std::size_t count);

}  // namespace sse::bench
