#include "sse-bench/sequence_tracker.hpp"

#include <algorithm>

namespace sse::bench {

SequenceTracker::Arrival SequenceTracker::see(std::uint32_t seq) {
  if (seq >= next_) {
    advance_to(seq);
    return Arrival::in_order;
  }
  const std::uint32_t distance = next_ - 1 - seq;
  if (distance >= kWindow) return see_old(seq);
  const std::uint64_t bit = std::uint64_t{1} << distance;
  if ((missing_bits_ & bit) == 0) return Arrival::duplicate;
  missing_bits_ &= ~bit;
  return Arrival::late;
}

// Moves the window up to `seq`; what was missing in it and leaves it goes to older_.
void SequenceTracker::advance_to(std::uint32_t seq) {
  if (seq == next_ && missing_bits_ == 0) {
    ++next_;
    return;
  }
  const auto keep = [this](std::uint32_t first, std::uint32_t last) {
    if (!older_) older_ = std::make_unique<std::vector<SeqRange>>();
    older_->push_back({first, last});
  };
  const std::uint32_t step = seq + 1 - next_;
  for (std::uint32_t i = kWindow - std::min(step, kWindow); i < kWindow; ++i)
    if ((missing_bits_ >> i & 1) != 0) keep(next_ - 1 - i, next_ - i);
  if (step > kWindow) keep(next_, seq + 1 - kWindow);
  missing_bits_ = step < kWindow ? missing_bits_ << step : 0;
  missing_bits_ |= ((step < kWindow ? std::uint64_t{1} << step : 0) - 1) & ~std::uint64_t{1};
  next_ = seq + 1;
}

SequenceTracker::Arrival SequenceTracker::see_old(std::uint32_t seq) {
  if (!older_) return Arrival::duplicate;
  const auto hit = std::find_if(older_->begin(), older_->end(), [seq](const SeqRange& range) {
    return range.first <= seq && seq < range.last;
  });
  if (hit == older_->end()) return Arrival::duplicate;
  const SeqRange above{seq + 1, hit->last};
  hit->last = seq;
  if (hit->first == hit->last) older_->erase(hit);
  if (above.first < above.last) older_->push_back(above);
  return Arrival::late;
}

std::vector<SeqRange> SequenceTracker::missing() const {
  std::vector<SeqRange> out;
  if (older_) out = *older_;
  for (std::uint32_t i = 0; i < kWindow; ++i)
    if ((missing_bits_ >> i & 1) != 0) out.push_back({next_ - 1 - i, next_ - i});
  return out;
}

}  // namespace sse::bench
