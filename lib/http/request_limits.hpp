#pragma once

#include <cstddef>

namespace sse::http {

/// What a request may cost before it is refused. What is over a limit is answered with 414
/// (target), 431 (head, header count, trailers) or 413 (body).
struct RequestLimits {
  std::size_t head_bytes_max = 16u
                               << 10;  ///< request line and headers; trailers have as much again
  std::size_t headers_max = 100;       ///< header lines; trailer lines have as many again
  std::size_t target_bytes_max = 8u << 10;
  std::size_t body_bytes_max = 1u << 20;  ///< decoded: chunk framing does not count
};

}  // namespace sse::http
