#include "hub/evicted.hpp"

#include <algorithm>
#include <cassert>

namespace sse::hub {

void Evicted::add(Seq seq, std::uint64_t time_ms) {
  assert(seq > last_seq_);
  if (last_seq_ == 0) first_time_ms_ = time_ms;
  if (runs_.empty() || seq > last_seq_ + 1) {
    if (runs_.size() == runs_max_) merge_oldest();
    runs_.push_back(Run{.first = seq, .before = total_});
  }
  ++total_;
  last_seq_ = seq;
  last_time_ms_ = time_ms;
}

void Evicted::add_unknown(Seq seq, std::uint64_t time_ms) noexcept {
  assert(last_seq_ == 0);
  unknown_up_to_ = last_seq_ = seq;
  last_time_ms_ = time_ms;
  total_known_ = false;
}

std::optional<std::uint64_t> Evicted::count_after(Seq seq) const {
  if (seq >= last_seq_) return 0;
  if (seq < unknown_up_to_) return std::nullopt;
  const auto i = runs_.partition_point([seq](const Run& run) { return run.first <= seq; });
  if (i == 0) return total_ - runs_.front().before;
  const Run& run = runs_[i - 1];
  return total_ - run.before - std::min(seq - run.first + 1, length(i - 1));
}

std::optional<std::uint64_t> Evicted::count_since(std::uint64_t time_ms) const noexcept {
  if (!any_since(time_ms)) return 0;
  if (total_known_ && time_ms <= first_time_ms_) return total_;
  return std::nullopt;
}

void Evicted::merge_oldest() noexcept {
  unknown_up_to_ = runs_.front().first + length(0) - 1;
  runs_.pop_front();
}

}  // namespace sse::hub
