#include "base/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace {

const std::initializer_list<double> kQuantiles{0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

std::uint64_t exact_quantile(const std::vector<std::uint64_t>& sorted, double q) {
  const double rank = std::ceil(q * static_cast<double>(sorted.size()) - 1e-6);
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

void check_against_sorted(std::vector<std::uint64_t> values) {
  sse::Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  std::sort(values.begin(), values.end());
  for (const double q : kQuantiles) {
    const auto exact = static_cast<double>(exact_quantile(values, q));
    const auto got = static_cast<double>(histogram.quantile(q));
    CAPTURE(q);
    CHECK(got >= exact);
    CHECK(got <= exact * 1.001);
  }
  CHECK(histogram.count() == values.size());
  CHECK(histogram.min() == values.front());
  CHECK(histogram.max() == values.back());
}

}  // namespace

TEST_CASE("an empty histogram is all zeros") {
  const sse::Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.min() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.mean() == 0);
  CHECK(histogram.quantile(0.5) == 0);
}

TEST_CASE("small values are exact") {
  sse::Histogram histogram;
  for (std::uint64_t value = 1; value <= 2047; ++value) histogram.record(value);
  for (std::uint64_t rank = 1; rank <= 2047; ++rank) CHECK(histogram.value_at_rank(rank) == rank);
  CHECK(histogram.mean() == doctest::Approx(1024));
}

TEST_CASE("quantiles agree with sorted values to 3 significant digits") {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> uniform, exponential, wide;
  std::exponential_distribution<double> tail(1e-7);
  for (int i = 0; i < 100'000; ++i) {
    uniform.push_back(random() % 1'000'000'000);
    exponential.push_back(static_cast<std::uint64_t>(tail(random)));
    wide.push_back(random() >> (random() % 64));
  }
  check_against_sorted(uniform);
  check_against_sorted(exponential);
  check_against_sorted(wide);
  check_against_sorted({7});
  check_against_sorted({0, UINT64_MAX});
}

TEST_CASE("every power of two and its neighbours fall into a bucket of their own size") {
  for (int bit = 0; bit < 64; ++bit)
    for (const std::uint64_t delta : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX})
      check_against_sorted({(std::uint64_t{1} << bit) + delta, (std::uint64_t{1} << bit) + delta});
}

TEST_CASE("merging is the same as recording all in one") {
  std::mt19937_64 random(2);
  sse::Histogram left, right, all;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    (i % 3 == 0 ? left : right).record(value);
    all.record(value);
  }
  left.merge(right);
  left.merge(sse::Histogram());
  for (const double q : kQuantiles) CHECK(left.quantile(q) == all.quantile(q));
  CHECK(left.count() == all.count());
  CHECK(left.min() == all.min());
  CHECK(left.max() == all.max());
  CHECK(left.mean() == doctest::Approx(all.mean()));
}

TEST_CASE("ranks are those of the nearest-rank definition") {
  CHECK(sse::quantile_rank(0.99, 100) == 99);
  CHECK(sse::quantile_rank(0.999, 1000) == 999);
  CHECK(sse::quantile_rank(0.5, 3) == 2);
  CHECK(sse::quantile_rank(0.5, 4) == 2);
  CHECK(sse::quantile_rank(0, 10) == 1);
  CHECK(sse::quantile_rank(1, 10) == 10);
  CHECK(sse::quantile_rank(0.991, 100) == 100);
}
