#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "redis/redis_url.hpp"

struct redisContext;

namespace sse::redis {

struct ConnectionOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  /// Longest wait for one reply, and for room to write.
  std::chrono::milliseconds reply_timeout{30'000};
  /// When readable, waiting for a reply ends with Reply::Kind::interrupted. -1: none.
  int interrupt_fd = -1;
};

/// A reply to one command, as far as the suite's commands need it.
struct Reply {
  enum class Kind {
    integer,      ///< `integer`
    text,         ///< status or string in `text`
    error,        ///< the server refused the command; its reason in `text`
    array,        ///< `elements`
    other,        ///< nil
    lost,         ///< no reply: the connection failed, why in `text`
    interrupted,  ///< no reply: ConnectionOptions::interrupt_fd became readable
  };
  Kind kind = Kind::other;
  long long integer = 0;
  std::string text;
  std::vector<Reply> elements;
};

/// Why there is no connection.
struct ConnectError {
  bool refused = false;  ///< the server answered and refused (wrong password, no such database)
  bool interrupted = false;
  std::string message;
};

/// A blocking connection to Redis with pipelining: append() commands, then read_reply() for each.
/// Not thread-safe. After Reply::Kind::lost only destruction is allowed.
class Connection {
 public:
  /// Connects, logs in and selects the database. With sentinels: of the master they name.
  static tl::expected<Connection, ConnectError> open(const RedisUrl& url,
                                                     const ConnectionOptions& options);

  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;
  ~Connection() = default;

  /// Queues one command. Arguments may hold any bytes.
  void append(const std::vector<std::string_view>& arguments);
  /// Sends what is queued, so that the server may begin with it. False: the connection failed, as
  /// the next read_reply() will say.
  bool flush();
  /// Sends what is queued and waits for the next reply.
  Reply read_reply();
  /// The next reply, if it comes before monotonic_ms() is `deadline_ms`; sends nothing. For
  /// messages of a subscription.
  std::optional<Reply> read_reply_until(std::uint64_t deadline_ms);
  /// append() and read_reply().
  Reply command(const std::vector<std::string_view>& arguments);
  /// Whether the server has not closed the connection. Only meaningful with no reply outstanding.
  bool is_alive() const noexcept;

 private:
  struct Close {
    void operator()(redisContext* context) const noexcept;
  };
  using Context = std::unique_ptr<redisContext, Close>;

  Connection(Context context, const ConnectionOptions& options)
      : context_(std::move(context)), options_(options) {}

  static tl::expected<Connection, ConnectError> open_server(const RedisUrl& url,
                                                            const ConnectionOptions& options);
  static tl::expected<Connection, ConnectError> log_in(Connection connection, const RedisUrl& url);
  Reply lost() const;
  enum class Wait { readable, interrupted, timed_out };
  Wait wait_readable(std::uint64_t deadline_ms) const;

  Context context_;
  ConnectionOptions options_;
};

/// The bytes of one command as they go to the server (RESP array of bulk strings).
std::string format_command(const std::vector<std::string_view>& arguments);

/// The Redis library for --version: "hiredis 0.14.1".
std::string library_version();

}  // namespace sse::redis
