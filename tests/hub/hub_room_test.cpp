#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"

using namespace sse;
using namespace sse::hub;
using namespace sse::hub::test;

namespace {

/// Streams that have been served up to an offset.
struct Streams final : ChannelListener {
  void appended() noexcept override { ++told; }
  std::uint64_t reached() const noexcept override { return offset; }
  bool is_flooded() const noexcept override { return flooded; }
  std::uint64_t offset = 0;
  bool flooded = false;
  int told = 0;
};

struct Publisher final : RoomListener {
  void room() noexcept override { ++told; }
  int told = 0;
};

/// One event of history and a lag window of four times `bytes`.
LogLimits window(std::size_t bytes) {
  LogLimits limits = keep(1);
  limits.lag_bytes_max = 4 * bytes;
  return limits;
}

}  // namespace

TEST_CASE("a channel has room while its streams are less than a quarter of the window behind") {
  Hub hub(options(window(1000)));
  const auto news = hub.open("news");
  Streams streams;
  hub.listen(*news, streams);
  Publisher publisher;
  const std::string text(200, 'x');
  int published = 0;
  while (hub.await_room(*news, publisher) && published < 100) {
    hub.publish(*news, event(text), 1);
    ++published;
  }
  // An event takes more than its text, and the newest one is history.
  CHECK(published >= 4);
  CHECK(published <= 6);
  CHECK(news->is_awaited());
  CHECK(publisher.told == 0);
  LogView view(news->log());
  CHECK(view.begin() == 0);  // nothing was evicted past the streams

  streams.offset = view.end();
  hub.made_room(*news);
  CHECK(publisher.told == 1);
  CHECK_FALSE(news->is_awaited());
  CHECK(hub.await_room(*news, publisher));
  hub.unlisten(*news, streams);
}

TEST_CASE("whoever waits for room makes the streams look how far they are") {
  Hub hub(options(window(0)));
  const auto news = hub.open("news");
  Streams streams;
  hub.listen(*news, streams);
  Publisher publisher;
  for (int i = 0; i < 3; ++i) hub.publish(*news, event("x"), 1);
  const int before = streams.told;
  CHECK_FALSE(hub.await_room(*news, publisher));
  CHECK(streams.told == before + 1);
  SUBCASE("and is told when those streams have left") {
    hub.unlisten(*news, streams);
    CHECK(publisher.told == 1);
  }
  SUBCASE("and is told nothing once it has gone") {
    hub.forget_room(*news, publisher);
    CHECK_FALSE(news->is_awaited());
    hub.unlisten(*news, streams);
    CHECK(publisher.told == 0);
  }
}

TEST_CASE("a flooded channel has no room, however near its streams are") {
  Hub hub(options());
  const auto news = hub.open("news");
  Streams streams;
  hub.listen(*news, streams);
  Publisher publisher;
  streams.flooded = true;
  CHECK_FALSE(hub.await_room(*news, publisher));
  hub.made_room(*news);
  CHECK(publisher.told == 0);
  streams.flooded = false;
  hub.made_room(*news);
  CHECK(publisher.told == 1);
  CHECK(hub.await_room(*news, publisher));
  hub.unlisten(*news, streams);
}

TEST_CASE("a channel nobody is behind on always has room") {
  Hub hub(options(window(0)));
  const auto news = hub.open("news");
  Publisher publisher;
  for (int i = 0; i < 100; ++i) {
    CHECK(hub.await_room(*news, publisher));
    hub.publish(*news, event("x"), 1);
  }
}

TEST_CASE("the lag of a stream counts what it has not wholly got") {
  EventLog log(keep(10));
  CHECK(log.lag_at(0).events == 0);
  log.append(1, 100, std::array<std::string_view, 1>{"data: a\n\n"});
  log.append(2, 200, std::array<std::string_view, 1>{"data: b\n\n"});
  const EventLog::Lag all = log.lag_at(0);
  CHECK(all.events == 2);
  CHECK(all.bytes == 18);
  CHECK(all.oldest_time_ms == 100);
  CHECK(log.lag_at(8).events == 2);
  const EventLog::Lag one = log.lag_at(9);
  CHECK(one.events == 1);
  CHECK(one.oldest_time_ms == 200);
  CHECK(log.lag_at(18).events == 0);
  CHECK(log.lag_at(18).bytes == 0);
}
