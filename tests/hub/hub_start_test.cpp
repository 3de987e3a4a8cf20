#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"

using namespace sse;
using namespace sse::hub;
using namespace sse::hub::test;

namespace {

using Stream = std::vector<std::shared_ptr<Channel>>;

/// A hub that keeps `events` per channel, with one event `aN`, `bN` ... per letter of `script`.
struct Scene {
  explicit Scene(std::size_t events, std::string_view script = "") : hub(options(keep(events))) {
    for (const char c : script) {
      const std::string name(1, c);
      hub.publish(*hub.open(name), event(name), hub.position() + 1);
    }
  }
  Start start(std::string_view names, const StartPoint& from) {
    Stream stream;
    for (const char c : names) stream.push_back(hub.open(std::string(1, c)));
    return hub.start(stream, from);
  }
  /// How many events channel `name` replays, from an offset of the start.
  std::size_t replayed(std::string_view name, std::uint64_t offset) {
    std::vector<LogEntry> entries;
    hub.open(name)->log().entries_from(offset, SIZE_MAX, entries);
    return entries.size();
  }
  Hub hub;
};

void check_gap(const Start& start, std::string_view oldest, std::optional<std::uint64_t> missed,
               GapReason reason) {
  REQUIRE(start.gap);
  CHECK(start.gap->oldest == oldest);
  CHECK(start.gap->missed == missed);
  CHECK(start.gap->reason == reason);
}

}  // namespace

TEST_CASE("a stream starts live at the hub's position") {
  Scene scene(10, "aab");
  const Start start = scene.start("ab", StartLive{});
  CHECK(scene.replayed("a", start.offsets[0]) == 0);
  CHECK(scene.replayed("b", start.offsets[1]) == 0);
  CHECK(start.position == 3);
  CHECK_FALSE(start.gap);
  CHECK_FALSE(start.ended);
}

TEST_CASE("a replay starts after the given id, so no event is sent twice") {
  Scene scene(10, "aaa");
  const Start start = scene.start("a", StartAfterId{"e1-2"});
  CHECK(read(scene.hub.open("a")->log(), start.offsets[0]) == "id: e1-3\ndata: a\n\n");
  CHECK(start.position == 2);
  CHECK_FALSE(start.gap);
  CHECK(scene.replayed("a", scene.start("a", StartAfterId{"e1-3"}).offsets[0]) == 0);
  CHECK(scene.replayed("a", scene.start("a", StartAfterId{"e1-0"}).offsets[0]) == 3);
}

TEST_CASE("between history and live delivery nothing is lost") {
  Scene scene(10, "aa");
  const auto channel = scene.hub.open("a");
  const Start start = scene.start("a", StartAfterId{"e1-1"});
  scene.hub.publish(*channel, event("meanwhile"), 9);
  LogView view(channel->log());
  scene.hub.publish(*channel, event("later"), 9);
  view.refresh();
  CHECK(read(view, start.offsets[0]) ==
        "id: e1-2\ndata: a\n\nid: e1-3\ndata: meanwhile\n\nid: e1-4\ndata: later\n\n");
}

TEST_CASE("an evicted id is answered by a gap, never by silence") {
  Scene scene(2, "aaaaa");
  const Start start = scene.start("a", StartAfterId{"e1-1"});
  check_gap(start, "e1-4", 2u, GapReason::evicted);
  CHECK(start.gap->requested == "e1-1");
  CHECK(start.position == 3);
  CHECK(scene.replayed("a", start.offsets[0]) == 2);
}

TEST_CASE("an id just before the history is no gap") {
  Scene scene(2, "aaaaa");
  const Start start = scene.start("a", StartAfterId{"e1-3"});
  CHECK_FALSE(start.gap);
  CHECK(start.position == 3);
  CHECK(scene.replayed("a", start.offsets[0]) == 2);
}

TEST_CASE("events of other channels make no gap") {
  Scene scene(2, "abbbbbb");
  const Start start = scene.start("a", StartAfterId{"e1-1"});
  CHECK_FALSE(start.gap);
  CHECK(start.position == 1);
}

TEST_CASE("a gap after which nothing is held leads to the hub's position") {
  Scene scene(0, "aab");
  const Start start = scene.start("a", StartAfterId{"e1-1"});
  check_gap(start, "", 1u, GapReason::evicted);
  CHECK(start.position == 3);
  CHECK_FALSE(scene.start("a", StartAfterId{"e1-3"}).gap);
}

TEST_CASE("one id resumes all channels, what each missed is added up") {
  // a: 1 2 5 6, b: 3 4 7 8 9 of which 1 2 and 3 4 7 are gone.
  Scene scene(2, "aabbaabbb");
  const Start start = scene.start("ab", StartAfterId{"e1-1"});
  check_gap(start, "e1-5", 4u, GapReason::evicted);
  CHECK(start.position == 4);
  CHECK(scene.replayed("a", start.offsets[0]) == 2);
  CHECK(scene.replayed("b", start.offsets[1]) == 2);
  // From the position it was given it is still told of the one that b lost after it.
  check_gap(scene.start("ab", StartAfterId{"e1-4"}), "e1-5", 1u, GapReason::evicted);
  const Start late = scene.start("ab", StartAfterId{"e1-7"});
  CHECK_FALSE(late.gap);
  CHECK(scene.replayed("a", late.offsets[0]) == 0);
  CHECK(scene.replayed("b", late.offsets[1]) == 2);
}

TEST_CASE("an id of another epoch is recognised and everything held follows") {
  Scene scene(2, "aaa");
  const Start start = scene.start("a", StartAfterId{"e0-3"});
  check_gap(start, "e1-2", std::nullopt, GapReason::epoch);
  CHECK(start.position == 1);
  CHECK(scene.replayed("a", start.offsets[0]) == 2);
  const Start empty = scene.start("b", StartAfterId{"e0-3"});
  check_gap(empty, "", std::nullopt, GapReason::epoch);
  CHECK(empty.position == 3);
}

TEST_CASE("an id that was never given is unknown and everything held follows") {
  Scene scene(10, "aaa");
  for (const char* id : {"e1-4", "hello", "42", "e1-", "e1-02"}) {
    const Start start = scene.start("a", StartAfterId{id});
    check_gap(start, "e1-1", std::nullopt, GapReason::unknown);
    CHECK(start.position == 0);
    CHECK(scene.replayed("a", start.offsets[0]) == 3);
  }
}

TEST_CASE("an empty id is no position") {
  Scene scene(10, "aaa");
  const Start start = scene.start("a", StartAfterId{""});
  CHECK_FALSE(start.gap);
  CHECK(start.position == 3);
  CHECK(scene.replayed("a", start.offsets[0]) == 0);
}

TEST_CASE("a publisher's own id is resumed from while it is retained") {
  Scene scene(2);
  const auto a = scene.hub.open("a");
  scene.hub.publish(*a, with_id("k1", "x"), 1);
  scene.hub.publish(*a, with_id("k2", "x"), 2);
  const Start first = scene.start("ba", StartAfterId{"k1"});
  CHECK_FALSE(first.gap);
  CHECK(first.position == 1);
  CHECK(scene.replayed("a", first.offsets[1]) == 1);
  CHECK(scene.start("b", StartAfterId{"k1"}).gap->reason == GapReason::unknown);
  scene.hub.publish(*a, with_id("k3", "x"), 3);
  const Start gone = scene.start("a", StartAfterId{"k1"});
  check_gap(gone, "k2", std::nullopt, GapReason::unknown);
  CHECK(gone.position == 1);
  check_gap(scene.start("a", StartAfterId{"e1-0"}), "k2", 1u, GapReason::evicted);
}

TEST_CASE("own ids that occur twice") {
  Scene scene(10);
  const auto a = scene.hub.open("a");
  const auto b = scene.hub.open("b");
  scene.hub.publish(*a, with_id("k", "1"), 1);
  scene.hub.publish(*a, with_id("k", "2"), 1);
  scene.hub.publish(*b, with_id("k", "3"), 1);
  scene.hub.publish(*a, event("4"), 1);
  CHECK(scene.start("a", StartAfterId{"k"}).position == 2);
  CHECK(scene.start("b", StartAfterId{"k"}).position == 3);
  CHECK(scene.start("ab", StartAfterId{"k"}).position == 2);
}

TEST_CASE("an own id that looks like the hub's does not hide events") {
  Scene scene(10);
  const auto a = scene.hub.open("a");
  for (const char* id : {"e1-2", "e1-9", "e0-1"}) scene.hub.publish(*a, with_id(id, "x"), 1);
  CHECK(scene.start("a", StartAfterId{"e1-2"}).position == 2);
  CHECK(scene.start("a", StartAfterId{"e1-9"}).position == 2);
  CHECK(scene.start("a", StartAfterId{"e0-1"}).position == 3);
}

TEST_CASE("the oldest event is named by the number if its own id is empty") {
  Scene scene(1);
  for (int i = 0; i < 2; ++i) scene.hub.publish(*scene.hub.open("a"), with_id("", "x"), 1);
  check_gap(scene.start("a", StartAfterId{"e1-0"}), "e1-2", 1u, GapReason::evicted);
}

TEST_CASE("everything held, and the last few over all channels") {
  // a: 1 3 5, b: 2 4
  Scene scene(10, "ababa");
  const Start all = scene.start("ab", StartEarliest{});
  CHECK(all.position == 0);
  CHECK(scene.replayed("a", all.offsets[0]) == 3);
  CHECK(scene.replayed("b", all.offsets[1]) == 2);
  for (const std::size_t count : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 1000u}) {
    const Start start = scene.start("ab", StartLast{count});
    const std::size_t expected = std::min<std::size_t>(count, 5);
    CHECK(start.position == 5 - expected);
    CHECK(scene.replayed("a", start.offsets[0]) == (expected + 1) / 2);
    CHECK(scene.replayed("b", start.offsets[1]) == expected / 2);
    CHECK_FALSE(start.gap);
  }
  CHECK(scene.start("b", StartLast{1}).position == 3);
  CHECK(scene.start("c", StartEarliest{}).position == 5);
}

TEST_CASE("since a time") {
  Scene scene(2, "aabbb");
  const Start start = scene.start("ab", StartSince{5, "1s"});
  CHECK_FALSE(start.gap);
  CHECK(start.position == 4);
  CHECK(scene.replayed("b", start.offsets[1]) == 1);
  const Start evicted = scene.start("ab", StartSince{3, "2s"});
  check_gap(evicted, "e1-4", 1u, GapReason::evicted);
  CHECK(evicted.gap->requested == "2s");
  CHECK(evicted.position == 3);
  CHECK(scene.start("ab", StartSince{100, "0s"}).position == 5);
}

TEST_CASE("an ended channel that was read to its end is over") {
  Scene scene(10, "aab");
  const auto a = scene.hub.open("a");
  CHECK_FALSE(scene.start("a", StartAfterId{"e1-2"}).ended);
  scene.hub.end(*a);
  CHECK(scene.start("a", StartAfterId{"e1-2"}).ended);
  CHECK_FALSE(scene.start("a", StartAfterId{"e1-1"}).ended);
  CHECK_FALSE(scene.start("a", StartAfterId{"e0-1"}).ended);
  CHECK_FALSE(scene.start("ab", StartAfterId{"e1-3"}).ended);
  scene.hub.publish(*a, event("again"), 9);
  CHECK_FALSE(scene.start("a", StartAfterId{"e1-4"}).ended);
}

TEST_CASE("a client without an id reads what an ended channel holds, and is not turned away") {
  Scene scene(10, "aab");
  scene.hub.end(*scene.hub.open("a"));
  const Start start = scene.start("a", StartLive{});
  CHECK_FALSE(start.ended);
  CHECK(start.position == 0);
  CHECK(scene.replayed("a", start.offsets[0]) == 2);
  const Start mixed = scene.start("ab", StartLive{});
  CHECK(scene.replayed("a", mixed.offsets[0]) == 0);
  CHECK(mixed.position == 3);
  scene.hub.end(*scene.hub.open("c"));
  CHECK_FALSE(scene.start("c", StartLive{}).ended);
  CHECK_FALSE(scene.start("c", StartEarliest{}).ended);
  CHECK(scene.start("c", StartAfterId{"e1-3"}).ended);
}

TEST_CASE("reasons have names") {
  CHECK(to_string(GapReason::evicted) == "evicted");
  CHECK(to_string(GapReason::epoch) == "epoch");
  CHECK(to_string(GapReason::unknown) == "unknown");
}
