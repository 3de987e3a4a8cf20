#include "base/rate.hpp"

#include <doctest/doctest.h>

using sse::parse_rate;

TEST_CASE("rates are per second, minute or hour") {
  CHECK(parse_rate("10").value() == 10);
  CHECK(parse_rate("500/s").value() == 500);
  CHECK(parse_rate("2.5/s").value() == 2.5);
  CHECK(parse_rate("1200/m").value() == 20);
  CHECK(parse_rate("3600/h").value() == 1);
  CHECK(parse_rate("0").value() == 0);
  for (const char* bad : {"", "/s", "x", "-1", "10/", "10/d", "1e3", "10 /s", "99999999", "nan"})
    CHECK_MESSAGE(!parse_rate(bad), bad);
}
