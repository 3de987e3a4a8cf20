#include "hub/forgotten.hpp"

#include <algorithm>

namespace sse::hub {

void Forgotten::remember(std::string_view name, Last last) {
  if (last.seq <= floor_.seq) return;
  Last& known = names_[key(name)];
  raise(known, last);
  order_.push_back(Entry{.key = key(name), .seq = known.seq});
  while (order_.size() > names_max_) drop_oldest();
}

Forgotten::Last Forgotten::take(std::string_view name) {
  Last last = floor_;
  const auto found = names_.find(key(name));
  if (found != names_.end()) {
    raise(last, found->second);
    names_.erase(found);
  }
  return last;
}

void Forgotten::drop_oldest() noexcept {
  const Entry entry = order_.front();
  order_.pop_front();
  const auto found = names_.find(entry.key);
  if (found == names_.end() || found->second.seq != entry.seq) return;
  raise(floor_, found->second);
  names_.erase(found);
}

void Forgotten::raise(Last& last, const Last& other) noexcept {
  last.seq = std::max(last.seq, other.seq);
  last.time_ms = std::max(last.time_ms, other.time_ms);
}

}  // namespace sse::hub
