#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "hub/hub.hpp"
#include "net/loop.hpp"
#include "redis/feed.hpp"
#include "redis/link.hpp"

namespace sse::redis {

struct NodeOptions {
  LinkOptions link;
  FeedOptions feed = {};
  std::size_t publishes_max = 10'000;  ///< requests to publish under way; further ones fail
};

/// What became of events handed to Node::publish().
struct Receipt {
  enum class End {
    accepted,
    away,     ///< no connection: nothing was published
    unknown,  ///< the connection broke before the answer: published or not
    full,     ///< too many requests under way: nothing was published
    refused,  ///< by Redis
  };
  End end = End::accepted;
  std::string reason = {};
  std::string epoch = {};        ///< history: with `first`, the ids
  std::uint64_t first = 0;       ///< number of the first new event
  std::uint64_t count = 0;       ///< new events
  std::uint64_t duplicates = 0;  ///< events that had been published before, at the front
  long long nodes = 0;           ///< plain: Redis clients that got the last event
};

/// Events of one channel on their way to Redis. Owns its text.
struct Outgoing {
  std::string channel;
  std::vector<std::string> events;  ///< history: encode_event(); plain: encode_message()
  std::string producer;             ///< idempotency key; empty: none
  std::uint64_t number = 0;         ///< of the first event
};

/// This process as one of the nodes of a hub behind Redis: a thread with a link and a feed.
///
/// Thread-safe. Callbacks are called on the node's thread and must return at once.
class Node {
 public:
  Node(hub::Hub& hub, NodeOptions options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();
  /// Ends the thread; callbacks that are due are dropped. Also by the destructor.
  void stop();

  bool has_history() const noexcept { return options_.link.history.has_value(); }
  /// Connected, and nothing is missing from the streams of this node.
  bool is_ready() const noexcept { return ready_; }
  std::uint64_t reconnects() const noexcept { return reconnects_; }
  const FeedStats& stats() const noexcept { return feed_.stats(); }

  /// See Feed::want() and Feed::want_news().
  void want(std::string channel, std::function<void()> ready);
  void want_news(std::function<void()> ready);
  void publish(Outgoing outgoing, std::function<void(Receipt)> done);
  /// History: a page of a channel. Fails while Redis is away.
  void read(std::string channel, std::optional<std::uint64_t> after,
            std::function<void(Result<ReadAnswer>)> done);
  /// History: the numbers of its newest events, newest first.
  void read_numbers(std::string channel, std::size_t count,
                    std::function<void(Result<ReadAnswer>)> done);

 private:
  /// What the link tells, passed on to the feed.
  class Ear final : public Link::Handler {
   public:
    explicit Ear(Node& node) : node_(node) {}
    Seen seen() const override { return node_.feed_.seen(); }
    void up(const HubState& state) override { node_.up(state); }
    void down(const std::string& why) override { node_.down(why); }
    void message(std::string_view topic, std::string_view text, std::string_view pattern) override {
      node_.feed_.message(topic, text, pattern);
    }
    void subscribed(std::string_view topic) override { node_.feed_.subscribed(topic); }
    void beat(const HubState& state) override {
      node_.feed_.beat(state);
      node_.ready_ = node_.feed_.is_ready();
    }

   private:
    Node& node_;
  };
  using Task = std::function<void()>;

  void post(Task task);
  void work();
  void tick();
  void read(ReadCall call, std::string channel, std::function<void(Result<ReadAnswer>)> done);
  void up(const HubState& state);
  void down(const std::string& why);
  void send(Outgoing outgoing, std::function<void(Receipt)> done);
  Receipt receipt(const Reply& reply, const std::string& channel, std::size_t count);

  const NodeOptions options_;
  net::Loop loop_;
  Ear ear_{*this};
  Link link_;
  Feed feed_;
  net::Async wake_;
  net::Timer tick_;
  std::thread thread_;
  std::atomic<bool> ready_{false};
  std::atomic<std::uint64_t> reconnects_{0};
  std::size_t publishes_ = 0;
  bool told_away_ = false;  ///< the log knows that Redis is away
  std::string why_away_ = "not connected yet";

  std::mutex mutex_;
  std::vector<Task> tasks_;
  bool stopping_ = false;
};

}  // namespace sse::redis
