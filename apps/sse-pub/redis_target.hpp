#pragma once

#include "redis/publisher.hpp"
#include "redis/stream_count.hpp"
#include "sse-pub/confirmation.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// Redis Pub/Sub, which the nodes of a server listen to. Answers count nodes, not end users.
class RedisTarget final : public Target {
 public:
  /// `count`: how to ask for receivers().
  RedisTarget(redis::PublisherOptions options, AnswerStyle answers, redis::StreamCountOptions count)
      : name_(redis::masked(options.url)),
        publisher_(std::move(options)),
        answers_(answers),
        count_(std::move(count)) {}

  BatchResult connect() override;
  BatchResult send(const Batch& batch) override;
  Result<Receivers> receivers() override;
  std::string name() const override { return name_; }

 private:
  std::string name_;
  redis::RedisPublisher publisher_;
  AnswerStyle answers_;
  redis::StreamCountOptions count_;
  std::string channel_;  // of the last event
};

}  // namespace sse::pub
