#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sse::tail {

/// Which event types are printed: those named, or all when none is, less those named with a '!'.
class EventFilter {
 public:
  explicit EventFilter(const std::vector<std::string>& names);
  bool matches(std::string_view type) const;

 private:
  std::vector<std::string> included_;
  std::vector<std::string> excluded_;
};

}  // namespace sse::tail
