#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/host_pattern.hpp"
#include "http/request.hpp"

namespace sse::http {

/// Which web origins may read streams and publish from a browser (Fetch standard, CORS protocol).
/// Immutable after parse(); thread-safe.
class CorsPolicy {
 public:
  /// Allows no other origin: no CORS header is ever sent.
  CorsPolicy() = default;

  /// Each of `origins` is "*" (every origin), an origin ("https://app.example.org",
  /// "http://localhost:3000"), one with wildcard sub-domains ("https://*.example.org", any depth,
  /// not example.org itself) or "null". `credentials` lets cookies and Authorization through; it
  /// cannot be combined with "*", which would let every site act for every user.
  static Result<CorsPolicy> parse(std::span<const std::string> origins, bool credentials);

  /// Is the value of an Origin header on the list?
  bool allows(std::string_view origin) const;

  /// Headers for the answer to any request but a preflight; `origin` is the request's Origin header
  /// or nullptr.
  HeaderList headers(const std::string* origin) const;

  /// Is this the question a browser asks before it sends the real request?
  static bool is_preflight(const Request& request);
  /// Headers of the answer to a preflight, which is 204. Without permission in them when the
  /// origin is not allowed: the browser then refuses.
  HeaderList preflight_headers(const Request& request) const;

 private:
  struct Pattern {
    std::string scheme;  ///< in lower case
    HostPattern host;
  };
  static Result<Pattern> parse_pattern(const std::string& text);
  HeaderList permission(const std::string* origin) const;

  std::vector<Pattern> patterns_;
  bool any_ = false;
  bool null_ = false;
  bool credentials_ = false;
};

/// Does the Origin header name the server the request was sent to? `secure`: it came over TLS.
/// A request without Origin did not come from a browser's page and counts as same-origin; compare
/// to refuse cross-site writes: `!is_same_origin(…) && !policy.allows(*origin)` is 403.
bool is_same_origin(const Request& request, bool secure);

/// The same for a server behind a proxy that ends TLS: compares host and port only, so that
/// "https://example.org" is at home on "Host: example.org" whatever this hop's scheme is.
bool is_same_host(const Request& request);

}  // namespace sse::http
