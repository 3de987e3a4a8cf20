#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"

using namespace sse::hub;
using namespace sse::hub::test;

namespace {

HubOptions aged(std::uint64_t age_ms) {
  LogLimits limits;
  limits.history_age_ms = age_ms;
  return options(limits);
}

struct Listener final : ChannelListener {
  void appended() noexcept override {}
};

Start resume(Hub& hub, std::string_view name, const std::string& id) {
  return hub.start(std::array{hub.open(name)}, StartAfterId{id});
}

}  // namespace

TEST_CASE("a sweep evicts by age, own ids too") {
  Hub hub(aged(10));
  const auto a = hub.open("a");
  hub.publish(*a, with_id("k", "x"), 100);
  hub.sweep(110);
  CHECK_FALSE(resume(hub, "a", "k").gap);
  hub.sweep(111);
  CHECK(a->log().stats().history_events == 0);
  CHECK(resume(hub, "a", "k").gap->reason == GapReason::unknown);
  CHECK(resume(hub, "a", "e1-0").gap->missed == 1u);
}

TEST_CASE("a sweep forgets channels that nobody uses and that hold nothing") {
  Hub hub(aged(10));
  hub.open("empty");
  hub.publish(*hub.open("held"), event("x"), 105);
  hub.publish(*hub.open("old"), event("x"), 100);
  const auto used = hub.open("used");
  Listener listener;
  hub.listen(*hub.open("listened"), listener);
  hub.sweep(112);
  CHECK(hub.channels().size() == 3);
  CHECK(hub.find("empty") == nullptr);
  CHECK(hub.find("old") == nullptr);
  CHECK(hub.find("held") != nullptr);
  CHECK(hub.find("used") == used);
  hub.unlisten(*hub.find("listened"), listener);
  hub.sweep(200);
  REQUIRE(hub.channels().size() == 1);
  CHECK(hub.channels()[0] == used);
}

TEST_CASE("a sweep reaches every channel, however many it forgets on the way") {
  HubOptions many = aged(10);
  many.channels_max = 1000;
  Hub hub(many);
  std::vector<std::shared_ptr<Channel>> kept;
  for (int i = 0; i < 1000; ++i) {
    const auto channel = hub.open("c" + std::to_string(i));
    hub.publish(*channel, event("x"), 100);
    if (i % 3 == 0) kept.push_back(channel);
  }
  hub.sweep(200);
  CHECK(hub.channels().size() == kept.size());
  for (const auto& channel : kept) {
    CHECK(hub.find(channel->name()) == channel);
    CHECK(channel->log().stats().history_events == 0);
  }
  CHECK(hub.find("c1") == nullptr);
}

TEST_CASE("the events of forgotten channels stay counted") {
  HubOptions few = aged(10);
  few.channels_max = 2;
  Hub hub(few);
  hub.publish(*hub.open("old"), event("1"), 100);
  hub.publish(*hub.open("held"), event("2"), 111);
  CHECK(hub.census().forgotten_events == 0);
  hub.sweep(112);
  CHECK(hub.census().forgotten_events == 1);
  const auto a = hub.open("a");
  hub.open("b");  // there is no room but in the place of an idle one
  CHECK(hub.find("held") == nullptr);
  CHECK(hub.census().forgotten_events == 2);
  hub.publish(*hub.open("b"), event("3"), 113);
  hub.renew("e2");
  CHECK(hub.census().channels.empty());
  CHECK(hub.census().forgotten_events == 3);
}

TEST_CASE("what was forgotten with a channel is a gap for whoever comes back") {
  Hub hub(aged(10));
  hub.publish(*hub.open("a"), event("1"), 100);
  hub.publish(*hub.open("a"), event("2"), 100);
  hub.publish(*hub.open("b"), event("3"), 150);
  hub.sweep(150);
  REQUIRE(hub.find("a") == nullptr);
  const Start behind = resume(hub, "a", "e1-1");
  REQUIRE(behind.gap);
  CHECK(behind.gap->reason == GapReason::evicted);
  CHECK(behind.gap->missed == std::nullopt);
  CHECK(behind.position == 3);
  CHECK_FALSE(resume(hub, "a", "e1-2").gap);
  // A channel that never was has missed nothing.
  CHECK_FALSE(resume(hub, "new", "e1-1").gap);
  // Forgotten again, it is still remembered.
  hub.sweep(151);
  REQUIRE(hub.find("a") == nullptr);
  CHECK(resume(hub, "a", "e1-1").gap);
  CHECK(hub.start(std::array{hub.open("a")}, StartSince{100, "x"}).gap);
  CHECK_FALSE(hub.start(std::array{hub.open("a")}, StartSince{101, "x"}).gap);
}

TEST_CASE("when more names were forgotten than are remembered, any new channel may have a gap") {
  HubOptions few = aged(10);
  few.channels_max = 2;
  Hub hub(few);
  for (int i = 0; i < 3; ++i) {
    hub.publish(*hub.open("c" + std::to_string(i)), event("x"), 100);
    hub.sweep(200);
  }
  // e1-1 was on a channel whose name is no longer known.
  CHECK(resume(hub, "new", "e1-0").gap);
  CHECK_FALSE(resume(hub, "new", "e1-1").gap);
  hub.sweep(200);
  CHECK(resume(hub, "c2", "e1-2").gap);
  CHECK_FALSE(resume(hub, "c2", "e1-3").gap);
}

TEST_CASE("when there is no place for another channel, the longest idle ones are forgotten") {
  HubOptions few = options();
  few.channels_max = 32;
  Hub hub(few);
  const auto used = hub.open("used");
  Listener listener;
  hub.listen(*hub.open("listened"), listener);
  for (std::uint64_t i = 0; i < 30; ++i)
    hub.publish(*hub.open("c" + std::to_string(i)), event("x"), 100 + (i * 7) % 30);
  const Published first = hub.publish(*hub.open("c0"), event("y"), 1'000);
  REQUIRE(hub.channels().size() == 32);

  hub.publish(*hub.open("another"), event("x"), 1'000);
  CHECK(hub.channels().size() == 30);  // a sixteenth and one went, one came
  CHECK(hub.find("used") == used);
  CHECK(hub.find("listened") != nullptr);
  CHECK(hub.find("c0") != nullptr);  // had the first event, but also the last one
  for (std::uint64_t i = 1; i < 30; ++i) {
    const bool is_oldest = (i * 7) % 30 <= 3;
    CHECK((hub.find("c" + std::to_string(i)) == nullptr) == is_oldest);
  }
  // What they held is missed by who comes back, and no id is used again.
  CHECK(resume(hub, "c13", "e1-0").gap);
  CHECK_FALSE(resume(hub, "c13", first.id).gap);
  hub.unlisten(*hub.find("listened"), listener);
}
