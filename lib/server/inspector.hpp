#pragma once

#include <string>
#include <string_view>

#include "http/request.hpp"

namespace sse::server {

/// The page people look at streams with: HTML with its style and script inside, nothing else to
/// load.
struct Inspector {
  std::string body;
  http::HeaderList headers;  ///< its Content-Security-Policy, which names the nonce in the body

  /// `path` is that of the request below the base path: "/-/", or "/news" to watch that channel.
  /// Each call makes another nonce. Thread-safe.
  static Inspector page(std::string_view path);
};

}  // namespace sse::server
