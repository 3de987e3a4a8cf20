#include <doctest/doctest.h>

#include "columns.hpp"
#include "stream_status.hpp"

using namespace sse::tail;

TEST_CASE("durations as people say them") {
  CHECK(short_duration(0) == "0.0s");
  CHECK(short_duration(9'999) == "9.9s");
  CHECK(short_duration(59'999) == "59s");
  CHECK(short_duration(133'000) == "2m13s");
  CHECK(short_duration(3'720'000) == "1h02m");
  CHECK(short_duration(90'000'000) == "1d01h");
}

TEST_CASE("a status says what the stream is at") {
  StreamStatus status;
  CHECK(describe(status, 0, "", 1000) == "connecting, 0 events");
  status.open_since = 1000;
  status.events = 1;
  status.last_event = status.last_bytes = 2000;
  CHECK(describe(status, 0.25, "e\x1b", 6000) ==
        "connected for 5.0s, 1 event, 0.2/s, idle for 4.0s, last id e\\x1b");
  status.last_bytes = 5000;
  CHECK(describe(status, 3, "", 6000) ==
        "connected for 5.0s, 1 event, 3.0/s, idle for 4.0s, heartbeat 1.0s ago");
  status.open_since.reset();
  status.retry_at = 9000;
  CHECK(describe(status, 3, "", 6000).starts_with("retry in 3.0s, "));
  status.closed = true;
  CHECK(describe(status, 3, "", 6000).starts_with("closed, "));
}

TEST_CASE("the rate follows the events and forgets") {
  EventRate rate;
  CHECK(rate.sample(0) == 0);
  for (std::uint64_t second = 1; second <= 60; ++second) {
    for (int i = 0; i < 10; ++i) rate.on_event();
    rate.sample(second * 1000);
  }
  CHECK(rate.sample(60'000) == doctest::Approx(10).epsilon(0.01));
  CHECK(rate.sample(120'000) < 0.01);
}

TEST_CASE("a text is cut to columns at a character") {
  CHECK(cut_to_columns("abc", 3) == "abc");
  CHECK(cut_to_columns("abc", 2) == "ab");
  CHECK(cut_to_columns("", 2) == "");
  CHECK(cut_to_columns("\u00e9\u2026x", 2) == "\u00e9\u2026");
  CHECK(cut_to_columns("e\u0301x", 1) == "e\u0301");  // a combining accent
  CHECK(cut_to_columns("\u65e5\u672c", 3) == "\u65e5");
  CHECK(cut_to_columns("\u65e5\u672c", 4) == "\u65e5\u672c");
  CHECK(cut_to_columns("ab\xff", 9) == "ab");
  CHECK(cut_to_columns("ab\xc3", 9) == "ab");
}

TEST_CASE("a long id is cut at a character") {
  StreamStatus status;
  std::string id;
  for (int i = 0; i < 30; ++i) id += "\u65e5";
  const std::string text = describe(status, 0, id, 0);
  CHECK(text.ends_with("last id " + id.substr(0, 20 * 3)));
}
