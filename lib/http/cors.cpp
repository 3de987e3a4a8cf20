#include "http/cors.hpp"

#include <algorithm>
#include <utility>

#include "http/ascii.hpp"
#include "http/authority.hpp"
#include "http/response.hpp"
#include "http/stream_head.hpp"

namespace sse::http {
namespace {

constexpr std::string_view kAllowedMethods = "GET, POST";
constexpr std::string_view kAllowedHeaders =
    "Last-Event-ID, Content-Type, Authorization, Cache-Control, Idempotency-Key, "
    "Idempotency-Sequence";
constexpr std::string_view kPreflightSeconds = "600";

/// An origin cut at "://"; nothing if it is not one.
struct OriginParts {
  std::string_view scheme;
  std::string_view host;  ///< with its port
};

std::optional<OriginParts> split_origin(std::string_view origin) {
  const std::size_t end = origin.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  return OriginParts{origin.substr(0, end), origin.substr(end + 3)};
}

std::string_view default_port(std::string_view scheme) {
  return iequals(scheme, "https") ? "443" : iequals(scheme, "http") ? "80" : "";
}

}  // namespace

Result<CorsPolicy::Pattern> CorsPolicy::parse_pattern(const std::string& text) {
  const std::optional<OriginParts> parts = split_origin(text);
  if (!parts || !is_token(parts->scheme))
    return fail("'" + text + "' is not an origin such as https://app.example.org");
  auto host = HostPattern::parse(parts->host);
  if (!host)
    return fail("'" + text + "': after :// comes a host, *.DOMAIN or either with a port, no path");
  return Pattern{lower(parts->scheme), std::move(*host)};
}

Result<CorsPolicy> CorsPolicy::parse(std::span<const std::string> origins, bool credentials) {
  CorsPolicy policy;
  policy.credentials_ = credentials;
  for (const std::string& origin : origins) {
    if (origin == "*") {
      policy.any_ = true;
    } else if (origin == "null") {
      policy.null_ = true;
    } else {
      Result<Pattern> pattern = parse_pattern(origin);
      if (!pattern) return tl::unexpected(pattern.error());
      policy.patterns_.push_back(std::move(*pattern));
    }
  }
  if (policy.any_ && credentials)
    return fail("credentials cannot be allowed for every origin (*): list the origins");
  return policy;
}

bool CorsPolicy::allows(std::string_view origin) const {
  if (any_) return true;
  if (origin == "null") return null_;
  const std::optional<OriginParts> parts = split_origin(origin);
  if (!parts || !is_valid_authority(parts->host)) return false;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) {
    return iequals(pattern.scheme, parts->scheme) &&
           pattern.host.matches(parts->host, default_port(parts->scheme));
  });
}

// An answer that depends on the origin says so also to those it gives no permission: caches.
HeaderList CorsPolicy::permission(const std::string* origin) const {
  HeaderList headers;
  if (any_) {
    headers.emplace_back("Access-Control-Allow-Origin", "*");
    return headers;
  }
  if (patterns_.empty() && !null_) return headers;
  headers.emplace_back("Vary", "Origin");
  if (origin == nullptr || !allows(*origin)) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", *origin);
  if (credentials_) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  return headers;
}

HeaderList CorsPolicy::headers(const std::string* origin) const {
  HeaderList headers = permission(origin);
  if (any_ || (origin != nullptr && allows(*origin)))
    headers.emplace_back("Access-Control-Expose-Headers",
                         std::string(kGapHeader) + ", Retry-After");
  return headers;
}

bool CorsPolicy::is_preflight(const Request& request) {
  return request.method == Method::options && request.header("Origin") != nullptr &&
         request.header("Access-Control-Request-Method") != nullptr;
}

HeaderList CorsPolicy::preflight_headers(const Request& request) const {
  const std::string* origin = request.header("Origin");
  HeaderList headers = permission(origin);
  if (origin == nullptr || !allows(*origin)) return headers;
  headers.emplace_back("Access-Control-Allow-Methods", kAllowedMethods);
  headers.emplace_back("Access-Control-Allow-Headers", kAllowedHeaders);
  headers.emplace_back("Access-Control-Max-Age", kPreflightSeconds);
  return headers;
}

bool is_same_origin(const Request& request, bool secure) {
  const std::string* origin = request.header("Origin");
  if (origin == nullptr) return true;
  const std::optional<OriginParts> parts = split_origin(*origin);
  return parts && iequals(parts->scheme, secure ? "https" : "http") && is_same_host(request);
}

bool is_same_host(const Request& request) {
  const std::string* origin = request.header("Origin");
  if (origin == nullptr) return true;
  const std::string* host = request.header("Host");
  const std::optional<OriginParts> parts = split_origin(*origin);
  if (host == nullptr || !parts) return false;
  return same_authority(parts->host, *host, default_port(parts->scheme));
}

}  // namespace sse::http
