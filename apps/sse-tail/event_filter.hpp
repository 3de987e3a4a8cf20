#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sse/event.hpp>

#include "condition.hpp"
#include "pattern.hpp"

namespace sse::tail {

/// Which events are printed. Of the types: those named, or all when none is, less those named with
/// a '!'. Of the data: what any of the patterns matches (or there is none) and all conditions
/// allow.
class EventFilter {
 public:
  struct Rules {
    std::vector<std::string> types{};
    std::vector<std::string> patterns{};
    std::vector<std::string> conditions{};
    bool empty() const { return types.empty() && patterns.empty() && conditions.empty(); }
  };

  EventFilter() = default;
  /// The error names the option the rule came by.
  static Result<EventFilter> make(const Rules& rules);
  bool matches_all() const noexcept { return all_; }
  bool matches(const Event& event) const { return all_ || passes(event); }

 private:
  bool passes(const Event& event) const;
  bool matches_type(std::string_view type) const;

  bool all_ = true;
  std::vector<std::string> included_;
  std::vector<std::string> excluded_;
  std::vector<Pattern> patterns_;
  std::vector<Condition> conditions_;
};

}  // namespace sse::tail
