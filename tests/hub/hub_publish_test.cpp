#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"

using namespace sse;
using namespace sse::hub;
using namespace sse::hub::test;

namespace {

struct CountingListener final : ChannelListener {
  void appended() noexcept override { ++calls; }
  int calls = 0;
};

}  // namespace

TEST_CASE("an event is numbered by the hub and stored ready to send") {
  Hub hub(options());
  const auto news = hub.open("news");
  const auto other = hub.open("other");
  news->streams = 3;
  const Published first = hub.publish(*news, event("a\nb"), 10);
  CHECK(first.id == "e1-1");
  CHECK(first.seq == 1);
  CHECK(first.streams == 3);
  CHECK(hub.publish(*other, event("x"), 11).id == "e1-2");
  CHECK(hub.publish(*news, event("c"), 12).id == "e1-3");
  CHECK(hub.position() == 3);
  CHECK(replay(hub, news, StartEarliest{}) ==
        "id: e1-1\ndata: a\ndata: b\n\nid: e1-3\ndata: c\n\n");
  CHECK(replay(hub, other, StartEarliest{}) == "id: e1-2\ndata: x\n\n");
}

TEST_CASE("a publisher's own id is sent unchanged, an empty one too") {
  Hub hub(options());
  const auto news = hub.open("news");
  CHECK(hub.publish(*news, with_id("order/7", "x"), 1).id == "order/7");
  CHECK(replay(hub, news, StartEarliest{}) == "id: order/7\ndata: x\n\n");
  const auto before = news->log().stats().end;
  CHECK(hub.publish(*news, with_id("", "y"), 1).id.empty());
  const std::string block = read(news->log(), before);
  CHECK(block.find("id") == 0);
  CHECK(block.find("e1-") == std::string::npos);
}

TEST_CASE("a batch has consecutive numbers and is told once") {
  Hub hub(options());
  const auto news = hub.open("news");
  CountingListener listener;
  hub.listen(*news, listener);
  const auto published =
      hub.publish(*news, std::vector<EventFields>{event("a"), with_id("own", "b"), event("c")}, 1);
  REQUIRE(published.size() == 3);
  CHECK(published[0].id == "e1-1");
  CHECK(published[1].id == "own");
  CHECK(published[1].seq == 2);
  CHECK(published[2].id == "e1-3");
  CHECK(listener.calls == 1);
  CHECK(replay(hub, news, StartEarliest{}) ==
        "id: e1-1\ndata: a\n\nid: own\ndata: b\n\nid: e1-3\ndata: c\n\n");
  CHECK(hub.publish(*news, std::vector<EventFields>{}, 1).empty());
  CHECK(listener.calls == 1);
}

TEST_CASE("listeners are told of events and of the end, until they leave") {
  Hub hub(options());
  const auto news = hub.open("news");
  CountingListener one;
  CountingListener two;
  hub.listen(*news, one);
  hub.listen(*news, one);
  hub.listen(*news, two);
  hub.publish(*news, event("a"), 1);
  CHECK(one.calls == 1);
  CHECK(two.calls == 1);
  hub.end(*news);
  CHECK(one.calls == 2);
  hub.unlisten(*news, one);
  hub.unlisten(*news, one);
  hub.publish(*news, event("b"), 1);
  CHECK(one.calls == 2);
  CHECK(two.calls == 3);
  hub.publish(*hub.open("other"), event("c"), 1);
  CHECK(two.calls == 3);
}

TEST_CASE("publishing to an ended channel lifts the mark") {
  Hub hub(options());
  const auto news = hub.open("news");
  CHECK_FALSE(hub.ended(*news));
  hub.end(*news);
  CHECK(hub.ended(*news));
  hub.publish(*news, event("a"), 1);
  CHECK_FALSE(hub.ended(*news));
}

TEST_CASE("channels are opened once, found by name and limited in number") {
  HubOptions few = options();
  few.channels_max = 2;
  Hub hub(few);
  CHECK(hub.find("a") == nullptr);
  const auto a = hub.open("a");
  CHECK(hub.open("a") == a);
  CHECK(hub.find("a") == a);
  const auto b = hub.open("b");
  CHECK(b != nullptr);
  CHECK(hub.open("c") == nullptr);
  CHECK(hub.open("a") == a);
  CHECK(hub.channels().size() == 2);
}
