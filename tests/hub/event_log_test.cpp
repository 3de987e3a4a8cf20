#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"

using namespace sse::hub;
using namespace sse::hub::test;

namespace {

std::string block(std::string_view text) { return std::string(text) + "\n\n"; }

void append(EventLog& log, Seq seq, std::uint64_t now_ms, std::string_view text) {
  log.append(seq, now_ms, std::array<std::string_view, 2>{text, "\n\n"});
}

/// Keeps so many events, and what left the history for ten milliseconds.
LogLimits keep_briefly(std::size_t events) {
  LogLimits limits = keep(events);
  limits.lag_bytes_max = 1000;
  limits.lag_ms = 10;
  return limits;
}

}  // namespace

TEST_CASE("an empty log has nothing to replay and no gap") {
  const EventLog log({});
  for (const auto& replay : {log.after(0), log.last(5), log.since(0), log.earliest()}) {
    CHECK(replay.offset == 0);
    CHECK(replay.oldest == 0);
    CHECK_FALSE(replay.gap);
    CHECK(replay.missed == 0u);
  }
  CHECK(log.seq_at(0) == 0);
  CHECK(log.stats().memory_bytes == 0);
  CHECK(log.stats().end == 0);
}

TEST_CASE("the parts of an event are contiguous, offsets are continuous") {
  EventLog log({});
  log.append(3, 1, std::array<std::string_view, 3>{"id: x\n", "", "data: y\n\n"});
  append(log, 8, 2, "data: z");
  CHECK(read(log, 0) == "id: x\ndata: y\n\ndata: z\n\n");
  CHECK(log.after(3).offset == 15);
  CHECK(log.seq_at(14) == 0);
  CHECK(log.seq_at(15) == 3);
  CHECK(log.seq_at(24) == 8);
}

TEST_CASE("whatever limit is hit first evicts") {
  SUBCASE("events") {
    EventLog log(keep(2));
    for (Seq seq = 1; seq <= 5; ++seq) append(log, seq, seq, "x");
    CHECK(log.stats().history_events == 2);
    CHECK(log.earliest().oldest == 4);
  }
  SUBCASE("bytes") {
    LogLimits limits = keep(100);
    limits.history_bytes_max = 10;
    EventLog log(limits);
    for (Seq seq = 1; seq <= 5; ++seq) append(log, seq, seq, "xx");
    CHECK(log.stats().history_bytes == 8);
    CHECK(log.earliest().oldest == 4);
  }
  SUBCASE("age, at an append and without one") {
    LogLimits limits = keep(100);
    limits.history_age_ms = 10;
    EventLog log(limits);
    append(log, 1, 100, "x");
    append(log, 2, 110, "x");
    CHECK(log.earliest().oldest == 1);
    append(log, 3, 111, "x");
    CHECK(log.earliest().oldest == 2);
    log.evict(120);
    CHECK(log.earliest().oldest == 2);
    log.evict(121);
    CHECK(log.earliest().oldest == 3);
    log.evict(1000);
    CHECK(log.earliest().oldest == 0);
    CHECK(log.stats().evicted_events == 3);
  }
}

TEST_CASE("an event over the history limits is still delivered live") {
  LogLimits limits;
  limits.history_bytes_max = 100;
  limits.lag_bytes_max = 0;
  EventLog log(limits);
  append(log, 1, 1, "small");
  LogView view(log);
  const std::uint64_t live = view.end();
  const std::string large(1000, 'x');
  append(log, 2, 2, large);
  view.refresh();
  CHECK(view.begin() == live);
  CHECK(read(view, live) == block(large));
  CHECK(log.earliest().oldest == 0);
  CHECK(log.after(1).gap);
  CHECK(log.after(1).missed == 1u);
  append(log, 3, 3, "y");
  view.refresh();
  CHECK(view.begin() == live + large.size() + 2);
  CHECK(log.earliest().oldest == 3);
}

TEST_CASE("without a history live delivery works through the lag window") {
  LogLimits limits;
  limits.history_events_max = 0;
  limits.lag_bytes_max = 9;
  EventLog log(limits);
  LogView view(log);
  for (Seq seq = 1; seq <= 5; ++seq) append(log, seq, 0, "x");
  view.refresh();
  // Three of 3 bytes, and the newest.
  CHECK(view.begin() == 3);
  CHECK(read(view, 6) == block("x") + block("x") + block("x"));
  CHECK(log.earliest().offset == 15);
  CHECK(log.last(10).oldest == 0);
  CHECK(log.after(2).missed == 3u);
}

TEST_CASE("the lag window is bounded in time; the newest event stays") {
  EventLog log(keep_briefly(0));
  append(log, 1, 100, "a");
  append(log, 2, 105, "b");
  log.evict(110);
  CHECK(LogView(log).begin() == 0);
  log.evict(111);
  CHECK(LogView(log).begin() == 3);
  CHECK(log.seq_at(3) == 1);
  log.evict(100'000);
  CHECK(LogView(log).begin() == 3);
}

TEST_CASE("what left the history can be read for a while, however old it was") {
  EventLog log(keep_briefly(2));
  append(log, 1, 100, "a");
  append(log, 2, 100, "b");
  append(log, 3, 60'000, "c");
  CHECK(log.earliest().oldest == 2);
  log.evict(60'010);
  CHECK(LogView(log).begin() == 0);
  log.evict(60'011);
  CHECK(LogView(log).begin() == 3);
}

TEST_CASE("a clock that goes back counts as one that stands still") {
  EventLog log({});
  append(log, 1, 1000, "a");
  append(log, 2, 10, "b");
  append(log, 3, 1001, "c");
  CHECK(log.since(1000).oldest == 1);
  CHECK(log.since(1001).oldest == 3);
  CHECK(log.stats().last_time_ms == 1001);
}

TEST_CASE("a log that began after others is a gap of unknown size for whoever comes from before") {
  EventLog log({});
  log.begin_after(10, 100);
  append(log, 12, 120, "x");
  CHECK(log.after(9).gap);
  CHECK(log.after(9).missed == std::nullopt);
  CHECK(log.after(9).oldest == 12);
  CHECK_FALSE(log.after(10).gap);
  CHECK(log.since(100).gap);
  CHECK_FALSE(log.since(101).gap);
  CHECK_FALSE(log.earliest().gap);
  CHECK(log.last_evicted().seq == 10);
}

TEST_CASE("a quiet log is small and a busy one wastes little") {
  EventLog quiet({});
  append(quiet, 1, 1, std::string(100, 'x'));
  CHECK(quiet.stats().memory_bytes < 1500);

  LogLimits limits;
  limits.history_events_max = SIZE_MAX;
  limits.history_bytes_max = 1u << 20;
  EventLog busy(limits);
  for (Seq seq = 1; seq <= 50'000; ++seq) append(busy, seq, 1, std::string(100, 'x'));
  const auto stats = busy.stats();
  CHECK(stats.bytes_appended == 50'000 * 102);
  CHECK(stats.history_bytes <= limits.history_bytes_max);
  // History and lag, the first and the last segment in part, an index of 32,768 slots.
  const std::size_t index_bytes = 32'768 * sizeof(LogEntry);
  CHECK(stats.memory_bytes <
        limits.history_bytes_max + limits.lag_bytes_max + (512u << 10) + index_bytes + 4096);
}

TEST_CASE("entries from an offset, cut at a maximum") {
  EventLog log({});
  for (Seq seq = 1; seq <= 4; ++seq) append(log, 10 * seq, seq, "x");
  std::vector<LogEntry> out;
  log.entries_from(0, 2, out);
  REQUIRE(out.size() == 2);
  CHECK(out[0].seq == 10);
  CHECK(out[1].end == 6);
  log.entries_from(6, 10, out);
  REQUIRE(out.size() == 4);
  CHECK(out[3].seq == 40);
  out.clear();
  log.entries_from(4, 10, out);
  CHECK(out.front().seq == 30);
  out.clear();
  log.entries_from(12, 10, out);
  CHECK(out.empty());
}
