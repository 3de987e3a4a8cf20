#pragma once

#include "redis/publisher.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// Redis Pub/Sub, which the nodes of a server listen to. Answers count nodes, not end users.
class RedisTarget final : public Target {
 public:
  explicit RedisTarget(redis::PublisherOptions options)
      : name_(redis::masked(options.url)), publisher_(std::move(options)) {}

  BatchResult connect() override;
  BatchResult send(std::span<const OutgoingEvent> events) override;
  std::string name() const override { return name_; }

 private:
  std::string name_;
  redis::RedisPublisher publisher_;
};

/// The events as messages; views into them.
std::vector<redis::Message> to_messages(std::span<const OutgoingEvent> events);

}  // namespace sse::pub
