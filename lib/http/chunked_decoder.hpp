#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/head_guard.hpp"
#include "http/http_error.hpp"
#include "http/request_limits.hpp"

namespace sse::http {

/// Decodes a chunked body (RFC 9112 section 7.1), strictly: no white space around sizes, CRLF only,
/// well-formed extensions (ignored). Trailers are checked like headers and dropped.
class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const RequestLimits& limits);

  /// Decodes on, appending to `body` (empty at first, then what the last call left); returns how
  /// many bytes were taken: all, or up to the end of the body (then done()), or up to the first bad
  /// one (then error()).
  std::size_t decode(std::string_view bytes, std::string& body);

  bool done() const { return trailers_.done(); }
  const std::optional<HttpError>& error() const { return error_; }

 private:
  enum class State : std::uint8_t {
    size_first,
    size,
    extension_name_first,
    extension_name,
    extension_value_first,
    extension_token,
    extension_quoted,
    extension_escape,
    extension_end,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailers
  };

  std::size_t step(std::string_view rest, std::string& body);
  std::size_t step_size(char c);
  std::size_t step_extension(char c);
  std::size_t step_quoted(char c);
  std::size_t step_size_end(char c, std::size_t body_bytes);
  std::size_t step_data(std::string_view rest, std::string& body);
  std::size_t step_trailers(std::string_view rest);
  std::size_t end_of_size(char c);
  std::size_t expect(char c, char wanted, State next);
  std::size_t enter(State next);
  std::size_t fail(int status, const char* reason);

  RequestLimits limits_;
  State state_ = State::size_first;
  unsigned size_digits_ = 0;
  std::uint64_t chunk_bytes_ = 0;    ///< of the current chunk, still to come
  std::size_t extension_bytes_ = 0;  ///< of the whole body
  HeadGuard trailers_;
  std::optional<HttpError> error_;
};

}  // namespace sse::http
