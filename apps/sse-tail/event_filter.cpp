#include "event_filter.hpp"

#include <algorithm>

namespace sse::tail {

EventFilter::EventFilter(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.starts_with('!')) {
      excluded_.push_back(name.substr(1));
    } else {
      included_.push_back(name);
    }
  }
}

bool EventFilter::matches(std::string_view type) const {
  const auto holds = [type](const auto& names) {
    return std::find(names.begin(), names.end(), type) != names.end();
  };
  return (included_.empty() || holds(included_)) && !holds(excluded_);
}

}  // namespace sse::tail
