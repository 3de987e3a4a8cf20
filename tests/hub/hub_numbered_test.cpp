// Events whose numbers come from elsewhere.
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "hub/hub.hpp"

using namespace sse::hub;

namespace {

sse::EventFields data(std::string_view text) {
  sse::EventFields fields;
  fields.data = text;
  return fields;
}

HubOptions keeping(std::size_t events_max = 1000) {
  HubOptions options;
  options.epoch = "e1";
  options.limits.history_events_max = events_max;
  options.limits.lag_bytes_max = 0;
  options.remember_forgotten = false;
  return options;
}

/// A hub with one channel, and what a stream that starts there would read.
struct OneChannel {
  explicit OneChannel(std::size_t events_max = 1000) : hub(keeping(events_max)) {}

  Start start(const StartPoint& from) const { return hub.start(std::span(&channel, 1), from); }
  std::string read(const Start& start) const {
    LogView view(channel->log());
    std::vector<iovec> pieces(64);
    pieces.resize(view.gather(start.offsets.at(0), SIZE_MAX, pieces));
    std::string out;
    for (const iovec& piece : pieces) out.append(static_cast<char*>(piece.iov_base), piece.iov_len);
    return out;
  }

  Hub hub;
  std::shared_ptr<Channel> channel = hub.open("a");
};

struct Listener final : ChannelListener {
  void appended() noexcept override { ++told; }
  int told = 0;
};

}  // namespace

TEST_CASE("a log may begin in the middle") {
  OneChannel one;
  one.hub.begin_after(*one.channel, 40, 1000);
  CHECK(one.channel->log().newest() == 40);
  one.hub.put(*one.channel, 42, data("x"), 2000, false);
  one.hub.advance(43, {});
  CHECK(one.hub.position() == 43);
  CHECK(one.read(one.start(StartAfterId{"e1-40"})) == "id: e1-42\ndata: x\n\n");
  CHECK(!one.start(StartAfterId{"e1-41"}).gap);
  CHECK(one.start(StartAfterId{"e1-39"}).gap->reason == GapReason::evicted);
  CHECK(!one.start(StartAfterId{"e1-39"}).gap->missed);
  CHECK(one.start(StartAfterId{"e1-43"}).position == 43);
  CHECK(one.start(StartAfterId{"e1-44"}).gap->reason == GapReason::unknown);
}

TEST_CASE("an event without a number moves nobody's position") {
  OneChannel one;
  one.hub.put(*one.channel, 7, data("numbered"), 1, false);
  one.hub.put_unnumbered(*one.channel, data("bare"), 2);
  one.hub.advance(7, {});
  CHECK(one.read(one.start(StartEarliest{})) == "id: e1-7\ndata: numbered\n\ndata: bare\n\n");
  CHECK(one.start(StartEarliest{}).position == 6);
  CHECK(!one.start(StartAfterId{"e1-7"}).gap);
  CHECK(one.hub.position() == 7);
}

TEST_CASE("evicting an event without a number is no gap") {
  OneChannel one(2);
  one.hub.begin_after(*one.channel, 5, 1);
  one.hub.put_unnumbered(*one.channel, data("bare"), 2);
  one.hub.put(*one.channel, 6, data("six"), 3, false);
  one.hub.advance(6, {});
  one.hub.put_unnumbered(*one.channel, data("bare"), 4);  // evicts the first
  CHECK(!one.start(StartAfterId{"e1-5"}).gap);
  one.hub.put_unnumbered(*one.channel, data("bare"), 5);  // evicts number 6
  CHECK(one.start(StartAfterId{"e1-5"}).gap->missed == 1);
  CHECK(!one.start(StartAfterId{"e1-6"}).gap);
  CHECK(one.start(StartEarliest{}).position == 6);
}

TEST_CASE("an id from a publisher is not sent with an event without a number") {
  OneChannel one;
  sse::EventFields fields = data("bare");
  fields.id = "mine";
  one.hub.put_unnumbered(*one.channel, fields, 1);
  CHECK(one.read(one.start(StartEarliest{})) == "data: bare\n\n");
  fields.data = "stored";
  one.hub.put(*one.channel, 3, fields, 1, false);
  one.hub.advance(3, {});
  CHECK(one.start(StartAfterId{"mine"}).position == 3);
}

TEST_CASE("a renewed hub ends its channels and begins with new ones") {
  OneChannel one;
  Listener listener;
  one.hub.listen(*one.channel, listener);
  one.hub.put(*one.channel, 9, data("x"), 1, false);
  one.hub.advance(9, {});
  one.hub.renew("e2");
  CHECK(listener.told == 2);
  CHECK(one.hub.ended(*one.channel));
  CHECK(one.hub.position() == 0);
  const auto again = one.hub.open("a");
  CHECK(again != one.channel);
  one.hub.put(*again, 1, data("y"), 1, false);
  one.hub.advance(1, {});
  CHECK(one.hub.start(std::span(&again, 1), StartAfterId{"e1-9"}).gap->reason == GapReason::epoch);
  one.hub.unlisten(*one.channel, listener);
}

TEST_CASE("only a channel nobody uses is retired, and leaves no trace") {
  OneChannel one;
  one.hub.put(*one.channel, 9, data("x"), 1, false);
  auto other = one.channel;
  CHECK(!one.hub.retire(one.channel));
  other.reset();
  CHECK(one.hub.retire(one.channel));
  CHECK(one.hub.open("a")->log().newest() == 0);
  CHECK(one.hub.retire(one.channel));  // another of that name is none of its business
  CHECK(one.hub.find("a") != nullptr);
}
