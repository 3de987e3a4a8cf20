#include "sse-bench/answer.hpp"

#include <strings.h>

#include "base/trim.hpp"

namespace sse::bench {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool Answer::is_event_stream() const {
  const std::string_view all = content_type;
  return same_name(trim_line(all.substr(0, all.find(';'))), "text/event-stream");
}

}  // namespace sse::bench
