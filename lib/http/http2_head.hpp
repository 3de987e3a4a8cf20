#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/http_error.hpp"
#include "http/request.hpp"
#include "http/request_limits.hpp"

namespace sse::http {

/// Makes a Request of the header fields of an HTTP/2 request (RFC 9113 section 8.3), one by one as
/// they are decompressed. Expects what an HTTP/2 library lets pass: valid names in lower case,
/// pseudo-header fields first and once each. What is over a limit is not stored.
class Http2Head {
 public:
  Http2Head(Request& request, const RequestLimits& limits) : request_(request), limits_(limits) {}

  void add(std::string_view name, std::string_view value);
  /// All are there; `more`: the stream goes on, perhaps with a body. Applies the rules of heads in
  /// general; an error is to be the answer.
  std::optional<HttpError> finish(bool more);

 private:
  void add_pseudo(std::string_view name, std::string_view value);
  bool check_host();

  Request& request_;
  const RequestLimits& limits_;
  std::size_t bytes_ = 0;
  std::string authority_;
  std::optional<HttpError> error_;
};

}  // namespace sse::http
