#include "sse-bench/answer.hpp"

#include <strings.h>

#include <string_view>

#include "base/trim.hpp"

namespace sse::bench {

bool Answer::is_event_stream() const {
  constexpr std::string_view kType = "text/event-stream";
  const std::string_view all = content_type;
  const std::string_view type = trim_line(all.substr(0, all.find(';')));
  return type.size() == kType.size() && ::strncasecmp(type.data(), kType.data(), kType.size()) == 0;
}

}  // namespace sse::bench
