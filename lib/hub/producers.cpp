#include "hub/producers.hpp"

#include <algorithm>

namespace sse::hub {

std::size_t Producers::accept(std::string_view producer, std::uint64_t first, std::size_t count,
                              std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  forget_old(now_ms);
  const auto found = index_.find(producer);
  if (found == index_.end()) {
    if (entries_.size() >= producers_max_) forget_last();
    entries_.push_front(Entry{.producer = std::string(producer), .highest = 0, .time_ms = 0});
    index_.emplace(entries_.front().producer, entries_.begin());
  } else {
    entries_.splice(entries_.begin(), entries_, found->second);
  }
  Entry& entry = entries_.front();
  entry.time_ms = now_ms;
  const std::uint64_t known = entry.highest < first ? 0 : entry.highest - first + 1;
  entry.highest = std::max(entry.highest, first + count - 1);
  return static_cast<std::size_t>(std::min<std::uint64_t>(known, count));
}

void Producers::forget_old(std::uint64_t now_ms) {
  while (!entries_.empty() && now_ms - std::min(now_ms, entries_.back().time_ms) > ttl_ms_)
    forget_last();
}

void Producers::forget_last() {
  index_.erase(entries_.back().producer);
  entries_.pop_back();
}

}  // namespace sse::hub
