#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/http_error.hpp"
#include "http/request.hpp"
#include "http/request_limits.hpp"

namespace sse::http {

/// Reads HTTP/1.0 and HTTP/1.1 requests (RFC 9112), strictly: what two parsers could read in two
/// ways is an error. Bytes in, one Request out; reset() makes it ready for the next one of the
/// connection. How the bytes are cut into calls never changes the outcome.
///
/// Not thread-safe. Costs one small allocation; the Request is owned by the parser until moved
/// from.
class RequestParser {
 public:
  enum class Status {
    need_input,  ///< all bytes were taken, the request is not complete
    head,        ///< the head is complete (once per request); call again for the body
    complete,    ///< the request is complete; the rest of the bytes is the next request
    error        ///< error() says why; stays so until reset()
  };

  explicit RequestParser(const RequestLimits& limits = {});
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  /// Reads on; `consumed` is how many of `bytes` were taken. After `head` the rest of the bytes,
  /// even none, must be offered again: a request without a body is complete at once.
  Status parse(std::string_view bytes, std::size_t& consumed);

  /// Head fields are valid from `head` on, the body from `complete` on.
  const Request& request() const;
  Request& request();
  /// Valid after `error`. The connection cannot be used any further.
  const HttpError& error() const;

  /// Forgets everything. What the head took is kept for the next; a body's memory, which may be
  /// much for a connection that is idle, is given back.
  void reset();
  /// Any byte of a request was seen (empty lines before a request line do not count).
  bool head_started() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sse::http
