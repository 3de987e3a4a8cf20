#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/http_error.hpp"
#include "http/request_limits.hpp"

namespace sse::http {

/// Checks the bytes of a request head (or of a trailer section) against the grammar of RFC 9112
/// section 3 and 5 before the parser proper sees them: single spaces, CRLF line ends only, no
/// folding, no space before a colon, no control characters, version 1.0 or 1.1, and the limits.
/// HTTP parsers differ in how much of this they let pass; what they disagree on is what request
/// smuggling lives on.
class HeadGuard {
 public:
  enum class Section { request, trailers };
  HeadGuard(const RequestLimits& limits, Section section);

  /// Scans on from where the last call ended. Returns how many bytes are good: all of them, up to
  /// the end of the section (then done()), or up to the first bad one (then error()).
  std::size_t scan(std::string_view bytes);

  bool done() const { return state_ == State::done; }
  const std::optional<HttpError>& error() const { return error_; }
  /// A byte other than those of empty lines before the request line was seen.
  bool started() const { return state_ != State::start && state_ != State::start_lf; }

 private:
  enum class State : std::uint8_t {
    start,
    start_lf,
    method,
    target,
    version,
    line_lf,
    field_start,
    name,
    value,
    value_lf,
    end_lf,
    done
  };

  std::size_t step(std::string_view rest);
  std::size_t step_start(char c);
  std::size_t step_method(std::string_view rest);
  std::size_t step_target(std::string_view rest);
  std::size_t step_version(char c);
  std::size_t step_field_start(char c);
  std::size_t step_name(std::string_view rest);
  std::size_t step_value(std::string_view rest);
  std::size_t expect_lf(char c, State next);
  std::size_t fail(int status, const char* reason);
  void fail_head_too_large();

  RequestLimits limits_;
  State state_;
  std::size_t bytes_ = 0;
  std::size_t target_bytes_ = 0;
  std::size_t fields_ = 0;
  std::size_t version_index_ = 0;
  bool version_supported_ = false;
  std::optional<HttpError> error_;
};

}  // namespace sse::http
