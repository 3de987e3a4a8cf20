#pragma once

#include <string>
#include <string_view>

namespace sse::bench {

/// Names of headers and media types are compared without case.
bool same_name(std::string_view a, std::string_view b);

/// What a response's head says of it, whichever the version of HTTP.
struct Answer {
  int status = 0;
  std::string status_text;  ///< "404 Not Found", for messages
  std::string content_type;

  bool ok() const noexcept { return status >= 200 && status < 300; }
  bool is_event_stream() const;
};

}  // namespace sse::bench
