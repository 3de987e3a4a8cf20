#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sse/encoder.hpp>

#include "redis/connection.hpp"
#include "redis/envelope.hpp"
#include "redis/publish_report.hpp"
#include "redis/redis_url.hpp"

namespace sse::redis {

struct PublisherOptions {
  RedisUrl url;
  std::string prefix;  ///< written before the channel name
  ConnectionOptions connection;
  std::size_t window = 1000;  ///< commands on their way before a reply is awaited
};

/// One message for a channel; views of the caller.
struct Message {
  std::string_view channel;
  EventFields fields;
  Producer producer = {};
};

/// Publishes on Redis channels, pipelined; connects when needed and again after a loss.
/// Not thread-safe.
class RedisPublisher {
 public:
  explicit RedisPublisher(PublisherOptions options) : options_(std::move(options)) {}

  /// Connects unless connected. `end` is done, not_connected, refused or interrupted.
  PublishReport connect();
  /// Publishes in order. Stops sending at the end of the window in which something failed; replies
  /// come in order, so what has no reply is the tail of `messages`.
  /// Precondition: sse::validate() finds no fault in any message.
  PublishReport publish(std::span<const Message> messages);
  /// The bytes publish() would send for one message.
  std::string render(const Message& message) const;

 private:
  std::vector<std::string> command_of(const Message& message) const;
  void publish_window(std::span<const Message> window, PublishReport& report);

  PublisherOptions options_;
  std::optional<Connection> connection_;
};

}  // namespace sse::redis
