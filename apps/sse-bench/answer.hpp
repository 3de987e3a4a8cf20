#pragma once

#include <string>

namespace sse::bench {

/// What a response's head says of it, whichever the version of HTTP.
struct Answer {
  int status = 0;
  std::string status_text;  ///< "404 Not Found", for messages
  std::string content_type;

  bool ok() const noexcept { return status >= 200 && status < 300; }
  bool is_event_stream() const;
};

}  // namespace sse::bench
