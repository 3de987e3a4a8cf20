#pragma once

#include <cstdint>
#include <optional>

#include "http/http_error.hpp"
#include "http/request.hpp"
#include "http/request_limits.hpp"

namespace sse::http {

/// How the body of a request ends.
struct BodyFraming {
  bool chunked = false;
  std::uint64_t content_length = 0;  ///< when not chunked
};

/// Applies to a complete head what the grammar alone does not decide: Host, body framing
/// (RFC 9112 section 6), Expect, and the request target. Fills path, query and expect_continue.
std::optional<HttpError> apply_head_rules(Request& request, const RequestLimits& limits,
                                          BodyFraming& framing);

}  // namespace sse::http
