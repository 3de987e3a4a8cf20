#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hub/hub.hpp"
#include "hub/producers.hpp"
#include "redis/envelope.hpp"
#include "redis/link.hpp"

namespace sse::redis {

struct FeedOptions {
  std::vector<std::string> patterns;          ///< of channels to follow also without streams
  std::uint64_t grace_ms = 30'000;            ///< from the last stream of a channel to UNSUBSCRIBE
  std::size_t page = 500;                     ///< events read from history at once
  std::size_t event_bytes_max = 1u << 20;     ///< of one message
  std::size_t held_bytes_max = 64u << 20;     ///< of messages that wait for a repair
  std::size_t history_events_max = 1000;      ///< of each channel, to begin with ...
  std::size_t history_bytes_max = 16u << 20;  ///< ... of those Redis holds
  std::size_t producers_max = 100'000;
  std::uint64_t producer_ttl_ms = 86'400'000;
  std::function<std::string(const hub::Gap&)> gap_json;
  std::function<void(std::string_view)> log;
};

/// Counts of a node, for its metrics. Written by the feed, read by anybody.
struct FeedStats {
  std::atomic<std::uint64_t> channels{0};    ///< subscribed now
  std::atomic<std::uint64_t> messages{0};    ///< received
  std::atomic<std::uint64_t> repaired{0};    ///< events read from history to fill a hole
  std::atomic<std::uint64_t> gaps{0};        ///< holes that could not be filled
  std::atomic<std::uint64_t> unnumbered{0};  ///< bare messages where events are numbered
  std::atomic<std::uint64_t> refused{0};     ///< messages that are no event
  std::atomic<std::uint64_t> duplicates{0};  ///< events a producer had published before
};

/// Brings the events of Redis into the hub: subscribes to the channels that have streams, fills
/// holes from history before anything newer goes out, tells streams of what cannot be filled.
///
/// Belongs to the link's loop.
class Feed {
 public:
  using Ready = std::function<void()>;

  Feed(hub::Hub& hub, Link& link, FeedOptions options);

  /// Has the channel fed (hub::Channel::fed); then, or when that cannot be, calls `ready` once:
  /// look again.
  void want(std::string_view channel, Ready ready);
  /// Calls `ready` when every event published before this call on a channel that is fed has come
  /// in.
  void want_news(Ready ready);
  /// Lets go of channels without streams. Call about once a second.
  void sweep(std::uint64_t now_ms);
  /// Repairs are done: what streams get is up to date.
  bool is_ready() const noexcept { return ready_; }
  const FeedStats& stats() const noexcept { return stats_; }
  /// A number of the hub was seen elsewhere: in the answer to a publisher.
  void saw(std::string_view epoch, std::uint64_t seq);

  // What the link tells.
  Seen seen() const { return seen_; }
  void up(const HubState& state);
  void down(const std::string& why);
  void message(std::string_view topic, std::string_view text, std::string_view pattern);
  void subscribed(std::string_view topic);
  void beat(const HubState& state);

 private:
  /// A channel this node takes part in.
  struct Subscription {
    enum class State {
      subscribing,
      loading,
      active,
      refused  ///< Redis does not let us: tried again after a while
    };

    std::shared_ptr<hub::Channel> channel;
    State state = State::subscribing;
    std::string pattern;    ///< that alone brings its messages; empty: followed by name
    hub::Seq last = 0;      ///< newest event, or gap, in the log
    std::uint64_t nth = 0;  ///< which of the channel's events that was; 0: not known
    hub::Seq hole = 0;      ///< of the event that made us read history last
    std::uint64_t refused_ms = 0;
    std::uint64_t idle_since_ms = 0;
    std::vector<std::string> held;  ///< messages that came while it was loading
    std::vector<Envelope> tail;     ///< of the history, newest first
    std::size_t tail_bytes = 0;
    std::vector<Ready> waiters;

    void forget_tail() noexcept {
      tail.clear();
      tail_bytes = 0;
    }
  };

  bool has_history() const noexcept { return link_.options().history.has_value(); }
  Subscription* find(std::string_view channel) const;
  Subscription* add(std::string_view channel);
  void follow(Subscription& subscription);
  Subscription* follow_by(std::string_view pattern, std::string_view channel);
  void patterns_confirmed();
  void begin_again(const std::string& epoch);
  void activate_plain(Subscription& subscription);
  void refuse(Subscription& subscription, const std::string& why);
  void try_again(Subscription& subscription, std::uint64_t now_ms);
  void settled();

  // History (feed_history.cpp).
  void begin_load(const std::string& name);
  void load_ended(Subscription& subscription);
  void unreadable(Subscription& subscription, const std::string& why);
  void load(const std::string& name);
  void loaded(const std::string& name, ReadCall::What what, Reply reply);
  void take_events(Subscription& subscription, const ReadAnswer& answer);
  void take_tail(Subscription& subscription, const ReadAnswer& answer);
  void put_tail(Subscription& subscription, const ReadAnswer& answer);
  void put(Subscription& subscription, Envelope envelope, bool complete);
  void put_hole(Subscription& subscription, const Place& next, std::string_view next_id);
  void put_gap(Subscription& subscription, hub::Seq seq, hub::Gap gap, bool complete);
  void activate(Subscription& subscription);
  void release(Subscription& subscription);
  void repaired();
  void take_numbered(Subscription& subscription, std::string_view text);

  void answer_question(std::string_view text);
  void take(Subscription& subscription, std::string_view text);
  void hold(Subscription& subscription, std::string_view text);
  void take_plain(Subscription& subscription, std::string_view text);
  void tell_gap(Subscription& subscription, hub::GapReason reason);
  /// Why the event cannot be sent, if so.
  std::optional<hub::GapReason> fault_of(const Envelope& envelope, std::size_t bytes) const;
  void warn_refused(const Subscription& subscription, hub::GapReason reason);

  hub::Hub& hub_;
  Link& link_;
  const FeedOptions options_;
  FeedStats stats_;
  hub::Producers producers_;
  std::unordered_map<std::string, std::unique_ptr<Subscription>> subscriptions_;
  std::size_t held_bytes_ = 0;
  bool ready_ = false;
  bool repairing_ = false;
  std::size_t loading_ = 0;  ///< subscriptions that are not active
  std::size_t loads_ = 0;    ///< of them being read from history
  std::deque<std::string> to_load_;
  std::deque<std::string> unconfirmed_;  ///< channels subscribed to, in that order
  std::vector<std::shared_ptr<hub::Channel>> unannounced_;  ///< put, but not advanced to
  std::vector<Ready> at_this_beat_;
  std::vector<Ready> at_next_beat_;
  Seen seen_;
  std::uint64_t warned_ms_ = 0;
  const std::string name_;  ///< of this node, in answers
};

}  // namespace sse::redis
