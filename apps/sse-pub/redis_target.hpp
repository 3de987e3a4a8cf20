#pragma once

#include "redis/publisher.hpp"
#include "sse-pub/confirmation.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// Redis Pub/Sub, which the nodes of a server listen to. Answers count nodes, not end users.
class RedisTarget final : public Target {
 public:
  RedisTarget(redis::PublisherOptions options, AnswerStyle answers)
      : name_(redis::masked(options.url)), publisher_(std::move(options)), answers_(answers) {}

  BatchResult connect() override;
  BatchResult send(const Batch& batch) override;
  std::string name() const override { return name_; }

 private:
  std::string name_;
  redis::RedisPublisher publisher_;
  AnswerStyle answers_;
};

}  // namespace sse::pub
