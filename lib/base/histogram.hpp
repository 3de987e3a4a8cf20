#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sse {

/// Counts values in log-linear buckets: exact below 2048, else within 0.1 % (3 significant digits),
/// over the whole 64-bit range, in 440 kB whatever is recorded.
///
/// Not thread-safe: one per thread, merged when the threads are done.
class Histogram {
 public:
  Histogram();

  void record(std::uint64_t value) noexcept;
  void merge(const Histogram& other) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  /// Exact; 0 when nothing was recorded.
  std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const noexcept { return max_; }
  double mean() const noexcept;

  /// The value at rank ceil(q * count()), that is the smallest recorded value (within 0.1 %, never
  /// below it) that at least the fraction `q` of all values does not exceed. 0 when empty.
  std::uint64_t quantile(double q) const noexcept;
  /// The value at `rank` of the sorted values, 1 for the smallest; beyond the ends: min, max.
  std::uint64_t value_at_rank(std::uint64_t rank) const noexcept;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

/// The rank (1 to `count`) of the quantile `q` among `count` values.
std::uint64_t quantile_rank(double q, std::uint64_t count) noexcept;

}  // namespace sse
