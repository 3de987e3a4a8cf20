#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/loop.hpp"
#include "redis/async_connection.hpp"
#include "redis/history_script.hpp"
#include "redis/hub_keys.hpp"
#include "redis/redis_url.hpp"

namespace sse::redis {

struct LinkOptions {
  RedisUrl url;
  HubKeys keys;
  std::optional<HistoryLimits> history = {};  ///< nullopt: plain Pub/Sub
  /// To connect and for every answer; silence for so long ends the connection.
  std::uint64_t timeout_ms = 5'000;
  std::uint64_t backoff_ms_max = 5'000;  ///< longest pause before connecting again
};

/// A node's two connections to Redis, one for commands and one for subscriptions: both stand or
/// none. Connects again for as long as it lives, with growing pauses and jitter.
///
/// Belongs to the loop's thread.
class Link {
 public:
  /// Told on the loop's thread.
  class Handler {
   public:
    virtual ~Handler() = default;
    /// What was last known of the hub (history mode), before taking part in it again.
    virtual Seen seen() const = 0;
    /// Both connections stand; nothing is subscribed. The state is empty in plain mode.
    virtual void up(const HubState& state) = 0;
    /// No connection, as long as up() is not told again. Also told for each vain try. No reason:
    /// only another member of the cluster is to be asked.
    virtual void down(const std::string& why) = 0;
    virtual void message(std::string_view topic, std::string_view text,
                         std::string_view pattern) = 0;
    virtual void subscribed(std::string_view topic) = 0;
    /// Every message on subscribed topics that was published up to this state was delivered. Told
    /// about once a second, and after beat_now().
    virtual void beat(const HubState& state) = 0;
  };

  Link(net::Loop& loop, Handler& handler, LinkOptions options);

  void start();
  /// No handler is called any more.
  void stop();
  bool is_up() const noexcept { return up_; }
  /// Drops both connections, after the answers that are due, and connects again at once.
  void reset(const std::string& why);
  /// If the error of a command is that of a cluster whose keys are elsewhere (MOVED): connects
  /// there, and returns true.
  bool follow(std::string_view error);

  // While it is up:
  void send(const Words& words, AsyncConnection::OnReply reply);
  void subscribe(std::string_view topic) { subscriber_.subscribe(topic); }
  void unsubscribe(std::string_view topic) { subscriber_.unsubscribe(topic); }
  void subscribe_pattern(std::string_view pattern) { subscriber_.subscribe_pattern(pattern); }
  /// Asks for a beat() that begins now or later.
  void beat_now();
  bool is_beating() const noexcept { return beating_; }

  std::uint64_t now_ms() const noexcept { return loop_.now_ms(); }
  const LinkOptions& options() const noexcept { return options_; }
  /// Where it is connected, or tries to.
  const RedisUrl& address() const noexcept { return address_; }
  const std::string& run() const noexcept { return run_; }
  const std::string& publish_sha() const noexcept { return publish_sha_; }
  const std::string& read_sha() const noexcept { return read_sha_; }

 private:
  /// Passes on what one of the connections tells.
  class Ear final : public AsyncConnection::Handler {
   public:
    Ear(Link& link, bool subscribes) : link_(link), subscribes_(subscribes) {}
    void connected() override { link_.connected(subscribes_); }
    void lost(std::string why) override { link_.fail(why); }
    void message(std::string_view topic, std::string_view text, std::string_view pattern) override {
      if (!link_.resetting_) link_.handler_.message(topic, text, pattern);
    }
    void subscribed(std::string_view topic) override { link_.subscribed(topic); }

   private:
    Link& link_;
    bool subscribes_;
  };

  void connect();
  void ask_sentinel();
  void connect_server();
  void connected(bool subscriber);
  void introduced(const Reply& info);
  void load_scripts();
  void load(const std::string& script, std::string& sha);
  void take_over();
  void step_done();
  void subscribed(std::string_view topic);
  void fail(const std::string& why);
  void begin_beat();
  void tick();

  net::Loop& loop_;
  Handler& handler_;
  const LinkOptions options_;
  RedisUrl address_;          ///< of the options, or where a cluster or a sentinel sent us
  std::size_t sentinel_ = 0;  ///< the one to ask
  bool asking_ = false;       ///< the commands' connection is to a sentinel
  Ear command_ear_{*this, false};
  Ear subscriber_ear_{*this, true};
  AsyncConnection commands_;
  AsyncConnection subscriber_;
  net::Timer retry_;
  net::Timer tick_;

  bool up_ = false;
  bool failing_ = false;
  bool resetting_ = false;  ///< waits for answers that are due
  int steps_left_ = 0;      ///< of the introduction
  unsigned failures_ = 0;
  std::uint64_t deadline_ms_ = 0;  ///< of the introduction or of the beat under way; 0: none
  bool beating_ = false;
  bool beat_wanted_ = false;
  std::uint64_t next_beat_ms_ = 0;
  HubState state_;
  std::string run_;
  std::string publish_sha_;
  std::string read_sha_;
  std::string take_over_sha_;
};

}  // namespace sse::redis
