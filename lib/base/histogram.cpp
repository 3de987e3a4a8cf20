#include "base/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sse {
namespace {

// Each power of two is cut into kHalf buckets, so a bucket is at most 1/1024 of its values wide.
constexpr std::size_t kHalfBits = 10;
constexpr std::size_t kHalf = std::size_t{1} << kHalfBits;
constexpr std::size_t kShiftMax = 64 - (kHalfBits + 1);
constexpr std::size_t kBuckets = kShiftMax * kHalf + 2 * kHalf;

// How many low bits the bucket of a value drops: none for the exact range.
std::size_t shift_of(std::uint64_t value) noexcept {
  const auto bits = static_cast<std::size_t>(std::bit_width(value));
  return bits > kHalfBits + 1 ? bits - (kHalfBits + 1) : 0;
}

std::size_t bucket_of(std::uint64_t value) noexcept {
  const std::size_t shift = shift_of(value);
  return shift * kHalf + static_cast<std::size_t>(value >> shift);
}

std::uint64_t highest_value_in(std::size_t bucket) noexcept {
  const std::size_t shift = bucket < 2 * kHalf ? 0 : bucket / kHalf - 1;
  const std::uint64_t mantissa = bucket - shift * kHalf;
  return ((mantissa + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets) {}

void Histogram::record(std::uint64_t value) noexcept {
  ++buckets_[bucket_of(value)];
  ++count_;
  sum_ += static_cast<double>(value);
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

double Histogram::mean() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t Histogram::quantile(double q) const noexcept {
  return value_at_rank(quantile_rank(q, count_));
}

std::uint64_t Histogram::value_at_rank(std::uint64_t rank) const noexcept {
  if (rank <= 1) return min();
  if (rank >= count_) return max_;
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += buckets_[bucket]) < rank) ++bucket;
  return std::clamp(highest_value_in(bucket), min_, max_);
}

std::uint64_t quantile_rank(double q, std::uint64_t count) noexcept {
  // 0.99 * 100 is 99.00000000000001 in binary: that must be rank 99, not 100.
  const double exact = q * static_cast<double>(count);
  const double nearest = std::round(exact);
  const bool whole = std::abs(exact - nearest) < 1e-9 * std::max(1.0, exact);
  const auto rank = static_cast<std::uint64_t>(whole ? nearest : std::ceil(exact));
  return std::clamp<std::uint64_t>(rank, 1, std::max<std::uint64_t>(count, 1));
}

}  // namespace sse
