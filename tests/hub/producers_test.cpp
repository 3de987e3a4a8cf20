#include "hub/producers.hpp"

#include <doctest/doctest.h>

using sse::hub::Producers;

TEST_CASE("what a producer repeats is counted, from the front") {
  Producers producers(10, 1000);
  CHECK(producers.accept("a", 1, 3, 0) == 0);
  CHECK(producers.accept("a", 1, 3, 0) == 3);
  CHECK(producers.accept("a", 2, 4, 0) == 2);
  CHECK(producers.accept("a", 6, 1, 0) == 0);
  CHECK(producers.accept("b", 1, 1, 0) == 0);
}

TEST_CASE("a hole in the numbers is no reason to refuse") {
  Producers producers(10, 1000);
  CHECK(producers.accept("a", 5, 1, 0) == 0);
  CHECK(producers.accept("a", 9, 1, 0) == 0);
  CHECK(producers.accept("a", 7, 1, 0) == 1);
}

TEST_CASE("producers are forgotten some time after their last event") {
  Producers producers(10, 1000);
  producers.accept("a", 1, 1, 0);
  CHECK(producers.accept("a", 1, 1, 1000) == 1);
  CHECK(producers.accept("a", 1, 1, 2000) == 1);
  CHECK(producers.accept("a", 1, 1, 3001) == 0);
}

TEST_CASE("the one that was quiet for longest makes room for another") {
  Producers producers(2, 1000);
  producers.accept("a", 1, 1, 0);
  producers.accept("b", 1, 1, 0);
  producers.accept("a", 2, 1, 0);
  producers.accept("c", 1, 1, 0);
  CHECK(producers.accept("a", 1, 1, 0) == 1);
  CHECK(producers.accept("b", 1, 1, 0) == 0);
}
