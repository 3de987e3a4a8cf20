#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/loop.hpp"
#include "redis/connection.hpp"
#include "redis/history_script.hpp"
#include "redis/redis_url.hpp"

struct redisAsyncContext;

namespace sse::redis {

/// A connection to Redis on a loop: commands with replies, or subscriptions (then no commands).
///
/// Belongs to the loop's thread. open() may be called again after it was lost or closed.
class AsyncConnection {
 public:
  /// Told on the loop's thread. Any of these may close the connection, not destroy it.
  class Handler {
   public:
    virtual ~Handler() = default;
    /// Logged in, database selected.
    virtual void connected() = 0;
    /// It failed or was refused; why. Nothing further is told.
    virtual void lost(std::string why) = 0;
    /// Subscriptions: a message. The views die with the call. `pattern`: the subscribed one that
    /// brings it; empty: by name. What several patterns match comes once for each.
    virtual void message(std::string_view topic, std::string_view text,
                         std::string_view pattern) = 0;
    /// Subscriptions: messages of this topic come from here on; told again for each subscribe().
    virtual void subscribed(std::string_view topic) = 0;
  };
  using OnReply = std::function<void(Reply)>;

  /// The loop and the handler must outlive it.
  AsyncConnection(net::Loop& loop, Handler& handler);
  ~AsyncConnection();
  AsyncConnection(const AsyncConnection&) = delete;
  AsyncConnection& operator=(const AsyncConnection&) = delete;

  /// Connects and logs in; connected() or lost() follows, perhaps from within. The host name is
  /// looked up at once, which may block.
  void open(const RedisUrl& url);
  /// Drops it: replies that are due are Reply::Kind::lost, lost() is not called.
  void close();
  bool is_open() const noexcept { return context_ != nullptr; }

  /// Sends a command. `reply` is called exactly once, unless the connection is not open.
  void send(const Words& words, OnReply reply);
  void subscribe(std::string_view topic);
  void unsubscribe(std::string_view topic);
  /// Messages of every topic that matches the pattern (as PSUBSCRIBE has it).
  void subscribe_pattern(std::string_view pattern);

 private:
  class Events;
  struct Callbacks;

  void log_in(const RedisUrl& url);
  /// hiredis frees a context by itself when the connection failed.
  enum class FreedBy { us, hiredis };
  void ended(std::string why, FreedBy freed_by = FreedBy::us);
  void pushed(const void* raw_reply);
  void issue(const Words& words);

  net::Loop& loop_;
  Handler& handler_;
  redisAsyncContext* context_ = nullptr;
};

}  // namespace sse::redis
