#pragma once

#include <string_view>

#include "client/transport.hpp"

namespace sse::client {

/// Collects header lines, as libcurl hands them over one by one, into the final response head.
/// Heads of 1xx answers and of redirects that will be followed pass by, trailers are ignored.
class ResponseHeadReader {
 public:
  enum class State {
    reading,   ///< lines are missing, or only 1xx and redirects so far
    complete,  ///< the line just given ended the final head
    past,      ///< the final head was complete before this line
  };

  /// One line with its CR LF, status line and blank line included.
  State add(std::string_view line);

  const ResponseHead& head() const noexcept { return head_; }
  bool complete() const noexcept { return complete_; }
  /// Whether a redirect has passed by.
  bool redirected() const noexcept { return redirected_; }

 private:
  void begin(std::string_view status_line);
  void add_field(std::string_view line);
  bool is_followed_redirect() const;

  ResponseHead head_;
  bool has_location_ = false;
  bool redirected_ = false;
  bool complete_ = false;
};

}  // namespace sse::client
