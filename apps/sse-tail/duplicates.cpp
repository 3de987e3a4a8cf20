#include "duplicates.hpp"

#include <functional>

namespace sse::tail {
namespace {

std::uint64_t hash(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::uint64_t content_hash(const Event& event) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15u;
  return (hash(event.last_event_id) * kFactor + hash(event.type)) * kFactor + hash(event.data);
}

}  // namespace

void Duplicates::on_connection(std::string_view last_event_id) {
  id_ = last_event_id;
  repeating_ = true;
}

bool Duplicates::seen(const Event& event) {
  if (event.last_event_id.empty()) return false;
  const Seen one{hash(event.last_event_id), content_hash(event)};
  if (event.last_event_id == id_) {
    if (repeating_ && contents_.count(one.content) != 0) return true;
    repeating_ = false;
  } else {
    id_ = event.last_event_id;
    repeating_ = ids_.count(one.id) != 0;
    if (repeating_) return true;
  }
  remember(one);
  return false;
}

void Duplicates::remember(const Seen& one) {
  window_.push_back(one);
  ++ids_[one.id];
  ++contents_[one.content];
  if (window_.size() <= events_max_) return;
  forget(ids_, window_.front().id);
  forget(contents_, window_.front().content);
  window_.pop_front();
}

void Duplicates::forget(Counts& counts, std::uint64_t value) {
  const auto found = counts.find(value);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace sse::tail
