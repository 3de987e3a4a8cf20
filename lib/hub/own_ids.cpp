#include "hub/own_ids.hpp"

namespace sse::hub {

void OwnIds::add(Seq seq, std::string_view id) {
  auto found = latest_.find(id);
  if (found == latest_.end()) found = latest_.emplace(id, seq).first;
  found->second = seq;
  entries_.push_back(Entry{.seq = seq, .id = &found->first});
}

void OwnIds::drop_up_to(Seq seq) {
  while (!entries_.empty() && entries_.front().seq <= seq) {
    const auto found = latest_.find(*entries_.front().id);
    // An equal id on a later event still needs the key.
    if (found->second == entries_.front().seq) latest_.erase(found);
    entries_.pop_front();
  }
}

Seq OwnIds::find(std::string_view id) const {
  const auto found = latest_.find(id);
  return found == latest_.end() ? 0 : found->second;
}

const std::string* OwnIds::id_of(Seq seq) const noexcept {
  const auto i = entries_.partition_point([seq](const Entry& entry) { return entry.seq < seq; });
  if (i == entries_.size() || entries_[i].seq != seq) return nullptr;
  return entries_[i].id;
}

}  // namespace sse::hub
