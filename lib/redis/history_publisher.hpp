#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "redis/connection.hpp"
#include "redis/history_script.hpp"
#include "redis/hub_keys.hpp"
#include "redis/publisher.hpp"

namespace sse::redis {

struct HistoryPublisherOptions {
  RedisUrl url;
  HubKeys keys;
  ConnectionOptions connection;
  std::size_t window = 1000;          ///< events on their way before a reply is awaited
  std::size_t call_events_max = 100;  ///< in one call of the script, which holds up all of Redis
  std::size_t call_bytes_max = 64u << 10;
  std::uint64_t producer_ttl_ms = 86'400'000;  ///< how long Redis remembers an idempotency key
};

/// The answer to one call, which had consecutive events of one channel.
struct HistoryAnswer {
  std::size_t size = 0;                ///< events of the call
  std::optional<PublishAnswer> given;  ///< none: refused. Those not new are the first ones
};

/// How far HistoryPublisher::publish() came: as RedisPublisher says it, but for the nodes.
struct HistoryReport {
  PublishReport published;
  std::vector<HistoryAnswer> answers;  ///< in order
};

/// Publishes into the history of a hub (docs/redis.md), pipelined; connects when needed and again
/// after a loss, loads the script again when Redis forgot it, takes over from another Redis process
/// that counted, and goes to the member of a cluster that has the keys. Not thread-safe.
class HistoryPublisher {
 public:
  explicit HistoryPublisher(HistoryPublisherOptions options)
      : options_(std::move(options)), address_(options_.url) {}

  /// Connects and makes sure that the hub is there, unless connected.
  PublishReport connect();
  /// Publishes in order; nothing is sent after a failure but what was on its way with it. Messages
  /// of one producer have consecutive numbers.
  /// Precondition: sse::validate() finds no fault in any message.
  HistoryReport publish(std::span<const Message> messages);
  /// Where it is connected, or tries to.
  const RedisUrl& address() const noexcept { return address_; }
  /// The bytes of the commands, as publish() would send them to a hub it just met.
  std::string render(std::span<const Message> messages) const;

 private:
  struct Window;

  PublishReport connect_there();
  Result<void> prepare(PublishReport& report);
  void renew_candidate(std::string_view epoch);
  void follow(std::string_view error);
  std::size_t call_size(std::span<const Message> messages) const;
  Words words_of(std::span<const Message> messages) const;
  Window exchange(std::span<const Message> messages, PublishReport& report);
  std::size_t settle(const Window& window, std::size_t until, HistoryReport& report);
  void repair(const std::string& reason, int& left, PublishReport& report);

  HistoryPublisherOptions options_;
  RedisUrl address_;  // of the options, or where a cluster sent us
  std::optional<Connection> connection_;
  bool ready_ = false;  // the connection knows the hub and the script
  std::string publish_sha_;
  std::string candidate_;
  Seen seen_;
};

}  // namespace sse::redis
