#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "http/request.hpp"

namespace sse::server {

/// How a publisher marks a POST that it may send again: by the headers `Idempotency-Key` and
/// `Idempotency-Sequence`.
struct Idempotency {
  std::string key;           ///< empty: none
  std::uint64_t number = 1;  ///< of the first event of the body among all with that key
};

/// Error: which header is wrong, and why.
Result<Idempotency> read_idempotency(const http::Request& request);

}  // namespace sse::server
