#include "hub/evicted.hpp"

#include <cassert>

namespace sse::hub {

void Evicted::add(Seq seq, std::uint64_t time_ms) {
  assert(seq > last_seq_);
  if (last_seq_ == 0) first_time_ms_ = time_ms;
  if (!runs_.empty() && runs_.back().last + 1 == seq) {
    ++runs_.back().count;
    runs_.back().last = seq;
  } else {
    if (runs_.size() == runs_max_) merge_oldest();
    runs_.push_back(Run{.last = seq, .count = 1, .before = total_});
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
  const auto i = runs_.partition_point([seq](const Run& run) { return run.last <= seq; });
  assert(i < runs_.size());
  const Run& run = runs_[i];
  const Seq first = run.last - run.count + 1;
  const std::uint64_t up_to_seq = seq < first ? 0 : seq - first + 1;
  return total_ - run.before - up_to_seq;
}

std::optional<std::uint64_t> Evicted::count_since(std::uint64_t time_ms) const noexcept {
  if (!any_since(time_ms)) return 0;
  if (total_known_ && time_ms <= first_time_ms_) return total_;
  return std::nullopt;
}

void Evicted::merge_oldest() noexcept {
  unknown_up_to_ = runs_.front().last;
  runs_.pop_front();
}

}  // namespace sse::hub
