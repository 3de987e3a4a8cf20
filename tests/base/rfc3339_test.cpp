#include "base/rfc3339.hpp"

#include <doctest/doctest.h>

using sse::format_rfc3339;
using sse::parse_rfc3339;

TEST_CASE("RFC 3339 times are read to the millisecond, with their zone") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z").value() == 0);
  CHECK(parse_rfc3339("2026-01-31T12:00:00.5Z").value() == 1769860800500);
  CHECK(parse_rfc3339("2026-01-31t14:00:00.500123+02:00").value() == 1769860800500);
  CHECK(parse_rfc3339("2026-01-31 07:30:00-04:30").value() == 1769860800000);
  for (const char* bad : {"", "2026-01-31", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z",
                          "2026-01-31T00:00:00", "2026-01-31T00:00:00.Z", "2026-01-31T00:00:00Zx",
                          "2026-1-31T00:00:00Z", "2026-01-31T00:00:00+2"})
    CHECK_MESSAGE(!parse_rfc3339(bad), bad);
}

TEST_CASE("a time is written in UTC with milliseconds and reads back") {
  CHECK(format_rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(1769860800500) == "2026-01-31T12:00:00.500Z");
  for (std::uint64_t ms = 1; ms < 4'000'000'000'000; ms = ms * 3 + 7)
    CHECK(parse_rfc3339(format_rfc3339(ms)).value() == ms);
}
