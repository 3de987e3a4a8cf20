#include <algorithm>
#include <deque>
#include <random>

#include <doctest/doctest.h>

#include "hub/forgotten.hpp"
#include "hub/own_ids.hpp"
#include "hub/ring.hpp"

using namespace sse::hub;

TEST_CASE("a ring is a queue with random access") {
  std::mt19937 random(1);
  Ring<std::string> ring;
  std::deque<std::string> model;
  CHECK(ring.memory_bytes() == 0);
  for (int step = 0; step < 5000; ++step) {
    if (random() % 100 < 52 || model.empty()) {
      ring.push_back(std::to_string(step));
      model.push_back(std::to_string(step));
    } else {
      ring.pop_front();
      model.pop_front();
    }
    REQUIRE(ring.size() == model.size());
    REQUIRE(ring.empty() == model.empty());
    for (std::size_t i = 0; i < model.size(); ++i) REQUIRE(ring[i] == model[i]);
  }
  ring.clear();
  CHECK(ring.empty());
}

TEST_CASE("a ring lets go of what it pops") {
  Ring<std::shared_ptr<int>> ring;
  const auto item = std::make_shared<int>(1);
  ring.push_back(item);
  CHECK(item.use_count() == 2);
  ring.pop_front();
  CHECK(item.use_count() == 1);
}

TEST_CASE("a ring finds its partition point, wrapped around or not") {
  Ring<int> ring;
  for (int i = 0; i < 6; ++i) ring.push_back(i);
  for (int i = 6; i < 10; ++i) {
    ring.pop_front();
    ring.push_back(i);
  }
  for (int value = 0; value <= 11; ++value)
    CHECK(ring.partition_point([value](int item) { return item < value; }) ==
          static_cast<std::size_t>(std::clamp(value - 4, 0, 6)));
  CHECK(ring.partition_point([](int item) { return item < 5; }, 3) == 3);
}

TEST_CASE("of equal own ids the latest counts, until it is gone") {
  OwnIds ids;
  ids.add(1, "a");
  ids.add(4, "b");
  ids.add(7, "a");
  CHECK(ids.find("a") == 7);
  CHECK(ids.find("b") == 4);
  CHECK(ids.find("c") == 0);
  ids.drop_up_to(6);
  CHECK(ids.find("a") == 7);
  CHECK(ids.find("b") == 0);
  REQUIRE(ids.id_of(7) != nullptr);
  CHECK(*ids.id_of(7) == "a");
  CHECK(ids.id_of(6) == nullptr);
  CHECK(ids.id_of(8) == nullptr);
  ids.drop_up_to(7);
  CHECK(ids.find("a") == 0);
  CHECK(ids.id_of(7) == nullptr);
}

TEST_CASE("forgotten channels are remembered by name, then by a floor for all") {
  Forgotten forgotten(2);
  CHECK(forgotten.take("a").seq == 0);
  forgotten.remember("never had an event", {});
  forgotten.remember("a", {.seq = 5, .time_ms = 50});
  forgotten.remember("b", {.seq = 9, .time_ms = 90});
  CHECK(forgotten.take("other").seq == 0);
  CHECK(forgotten.take("a").seq == 5);
  CHECK(forgotten.take("a").seq == 0);
  forgotten.remember("a", {.seq = 11, .time_ms = 110});
  forgotten.remember("c", {.seq = 12, .time_ms = 120});
  forgotten.remember("d", {.seq = 13, .time_ms = 130});
  CHECK(forgotten.take("c").seq == 12);
  // b, and then a, had to go: their last events may have been anybody's.
  CHECK(forgotten.take("other").seq == 11);
  CHECK(forgotten.take("other").time_ms == 110);
  CHECK(forgotten.take("d").seq == 13);
}
