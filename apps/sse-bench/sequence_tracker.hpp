#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace sse::bench {

/// Sequence numbers [first, last) that did not arrive.
struct SeqRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// Says of every sequence number a stream delivers whether it is new, late or a duplicate, exactly
/// and for any distance; 24 bytes while nothing is missing.
class SequenceTracker {
 public:
  enum class Arrival : std::uint8_t { in_order, late, duplicate };

  Arrival see(std::uint32_t seq);

  /// One more than the highest sequence number seen.
  std::uint32_t next() const noexcept { return next_; }
  /// What is missing below next(), in no particular order.
  std::vector<SeqRange> missing() const;

 private:
  static constexpr std::uint32_t kWindow = 64;

  void advance_to(std::uint32_t seq);
  Arrival see_old(std::uint32_t seq);

  std::uint32_t next_ = 0;
  std::uint64_t missing_bits_ = 0;                ///< bit i: next_ - 1 - i has not arrived
  std::unique_ptr<std::vector<SeqRange>> older_;  ///< missing, below the window
};

}  // namespace sse::bench
