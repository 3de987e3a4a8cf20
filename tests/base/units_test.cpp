#include "base/units.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit") {
  CHECK(sse::parse_duration("500ms").value() == 500ms);
  CHECK(sse::parse_duration("10s").value() == 10s);
  CHECK(sse::parse_duration("1.5s").value() == 1500ms);
  CHECK(sse::parse_duration("2m").value() == 2min);
  CHECK(sse::parse_duration("1h").value() == 1h);
  CHECK(sse::parse_duration("1d").value() == 24h);
  CHECK(sse::parse_duration("0").value() == 0s);
}

TEST_CASE("what is no duration is refused with a reason") {
  for (const char* bad :
       {"", "s", "10", "-1s", "1e3s", ".5s", "1..5s", "10 s", "10x", "99999999999d"})
    CHECK_MESSAGE(!sse::parse_duration(bad), bad);
  CHECK(sse::parse_duration("10").error().message.find("unit") != std::string::npos);
}

TEST_CASE("sizes are powers of 1024") {
  CHECK(sse::parse_size("64k").value() == 65536);
  CHECK(sse::parse_size("1m").value() == 1u << 20);
  CHECK(sse::parse_size("16MiB").value() == 16u << 20);
  CHECK(sse::parse_size("2GB").value() == 2ull << 30);
  CHECK(sse::parse_size("123").value() == 123);
  CHECK(sse::parse_size("0").value() == 0);
  for (const char* bad : {"", "k", "-1", "1x", "1kk", "1 k", "99999999999g"})
    CHECK_MESSAGE(!sse::parse_size(bad), bad);
}

TEST_CASE("formatting reads back") {
  for (std::chrono::nanoseconds d : {0ns, 1ns, 1500000ns, 15000000000ns})
    CHECK(sse::parse_duration(sse::format_duration(d)).value() == d);
  for (std::uint64_t n : {0ull, 1ull, 1000ull, 65536ull, 3ull << 30})
    CHECK(sse::parse_size(sse::format_size(n)).value() == n);
  CHECK(sse::format_duration(15s) == "15s");
  CHECK(sse::format_size(16u << 20) == "16m");
}
