#include "sse-bench/sequence_tracker.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using sse::bench::SeqRange;
using sse::bench::SequenceTracker;
using Arrival = SequenceTracker::Arrival;

namespace {

std::set<std::uint32_t> missing(const SequenceTracker& tracker) {
  std::set<std::uint32_t> out;
  for (const SeqRange range : tracker.missing())
    for (std::uint32_t seq = range.first; seq < range.last; ++seq) CHECK(out.insert(seq).second);
  return out;
}

}  // namespace

TEST_CASE("a complete stream has nothing missing") {
  SequenceTracker tracker;
  for (std::uint32_t seq = 0; seq < 1000; ++seq) CHECK(tracker.see(seq) == Arrival::in_order);
  CHECK(tracker.next() == 1000);
  CHECK(missing(tracker).empty());
  CHECK(tracker.see(0) == Arrival::duplicate);
  CHECK(tracker.see(999) == Arrival::duplicate);
}

TEST_CASE("a hole is missing until it is filled, near or far") {
  for (const std::uint32_t distance : {1u, 63u, 64u, 65u, 500u}) {
    SequenceTracker tracker;
    CAPTURE(distance);
    for (std::uint32_t seq = 0; seq <= 10 + distance; ++seq)
      if (seq != 10) tracker.see(seq);
    CHECK(missing(tracker) == std::set<std::uint32_t>{10});
    CHECK(tracker.see(10) == Arrival::late);
    CHECK(tracker.see(10) == Arrival::duplicate);
    CHECK(missing(tracker).empty());
  }
}

TEST_CASE("any order of arrival is judged like a set would") {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint32_t> order(300);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), random);
    order.resize(1 + random() % order.size());
    if (round % 2 == 0) std::sort(order.begin(), order.end());
    SequenceTracker tracker;
    std::set<std::uint32_t> seen;
    for (std::uint32_t seq : order) {
      if (random() % 10 == 0) seq = order[0];  // a duplicate now and then
      const bool behind = !seen.empty() && seq < *seen.rbegin();
      const bool fresh = seen.insert(seq).second;
      const Arrival wanted = !fresh   ? Arrival::duplicate
                             : behind ? Arrival::late
                                      : Arrival::in_order;
      REQUIRE(tracker.see(seq) == wanted);
    }
    std::set<std::uint32_t> holes;
    for (std::uint32_t seq = 0; seq < tracker.next(); ++seq)
      if (seen.count(seq) == 0) holes.insert(seq);
    REQUIRE(missing(tracker) == holes);
  }
}
