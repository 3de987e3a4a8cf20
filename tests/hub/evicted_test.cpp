#include "hub/evicted.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace sse::hub;

TEST_CASE("nothing evicted is no gap") {
  const Evicted evicted(4);
  CHECK(evicted.last_seq() == 0);
  CHECK(evicted.count_after(0) == 0u);
  CHECK_FALSE(evicted.any_since(0));
  CHECK(evicted.count_since(0) == 0u);
}

TEST_CASE("evicted events are counted exactly while their runs are known") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::mt19937 random(seed);
    constexpr std::size_t kRuns = 8;
    Evicted evicted(kRuns);
    std::vector<Seq> gone;
    std::vector<Seq> run_ends;
    Seq seq = 0;
    for (int i = 0; i < 60; ++i) {
      const Seq step = random() % 3 == 0 ? 1 + random() % 4 : 1;
      if (step > 1 && !gone.empty()) run_ends.push_back(seq);
      seq += step;
      evicted.add(seq, 10 * seq);
      gone.push_back(seq);
      const std::size_t merged = run_ends.size() + 1 > kRuns ? run_ends.size() + 1 - kRuns : 0;
      const Seq unknown_up_to = merged == 0 ? 0 : run_ends[merged - 1];
      for (Seq from = 0; from <= seq + 1; ++from) {
        const auto expected = static_cast<std::uint64_t>(
            std::ranges::count_if(gone, [from](Seq s) { return s > from; }));
        const auto counted = evicted.count_after(from);
        if (expected == 0)
          REQUIRE(counted == 0u);
        else if (from < unknown_up_to)
          REQUIRE(!counted);
        else
          REQUIRE(counted == expected);
        REQUIRE((evicted.last_seq() > from) == (expected > 0));
      }
    }
  }
}

TEST_CASE("evicted events of a time or later") {
  Evicted evicted(4);
  evicted.add(1, 100);
  evicted.add(2, 200);
  CHECK(evicted.any_since(200));
  CHECK_FALSE(evicted.any_since(201));
  CHECK(evicted.count_since(201) == 0u);
  CHECK(evicted.count_since(100) == 2u);
  CHECK(evicted.count_since(1) == 2u);
  CHECK_FALSE(evicted.count_since(101));
}

TEST_CASE("events from before the log are a gap of unknown size") {
  Evicted evicted(4);
  evicted.add_unknown(10, 100);
  CHECK(evicted.last_seq() == 10);
  CHECK_FALSE(evicted.count_after(9));
  CHECK(evicted.count_after(10) == 0u);
  CHECK(evicted.any_since(100));
  CHECK_FALSE(evicted.count_since(1));
  evicted.add(12, 120);
  CHECK_FALSE(evicted.count_after(9));
  CHECK(evicted.count_after(10) == 1u);
  CHECK(evicted.count_after(11) == 1u);
  CHECK(evicted.count_after(12) == 0u);
  CHECK_FALSE(evicted.count_since(110));
}
