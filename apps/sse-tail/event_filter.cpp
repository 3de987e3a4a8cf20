#include "event_filter.hpp"

#include <algorithm>

namespace sse::tail {

Result<EventFilter> EventFilter::make(const Rules& rules) {
  EventFilter filter;
  filter.all_ = rules.empty();
  for (const std::string& name : rules.types) {
    if (name.starts_with('!')) {
      filter.excluded_.push_back(name.substr(1));
    } else {
      filter.included_.push_back(name);
    }
  }
  for (const std::string& text : rules.patterns) {
    auto pattern = Pattern::compile(text);
    if (!pattern) return fail("--grep: " + pattern.error().message);
    filter.patterns_.push_back(*std::move(pattern));
  }
  for (const std::string& text : rules.conditions) {
    auto condition = Condition::parse(text);
    if (!condition) return fail("--where: " + condition.error().message);
    filter.conditions_.push_back(*std::move(condition));
  }
  return filter;
}

bool EventFilter::passes(const Event& event) const {
  const auto in_data = [&](const auto& one) { return one.matches(event.data); };
  const auto of_data = [&](const auto& one) { return one.holds(event.data); };
  return matches_type(event.type) &&
         (patterns_.empty() || std::any_of(patterns_.begin(), patterns_.end(), in_data)) &&
         std::all_of(conditions_.begin(), conditions_.end(), of_data);
}

bool EventFilter::matches_type(std::string_view type) const {
  const auto holds = [type](const auto& names) {
    return std::find(names.begin(), names.end(), type) != names.end();
  };
  return (included_.empty() || holds(included_)) && !holds(excluded_);
}

}  // namespace sse::tail
