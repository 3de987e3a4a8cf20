#pragma once

#include "redis/publisher.hpp"
#include "sse-pub/redis_target_base.hpp"

namespace sse::pub {

/// Redis Pub/Sub, which the nodes of a server listen to. Answers count nodes, not end users.
class RedisTarget final : public RedisTargetBase<redis::RedisPublisher, redis::PublisherOptions> {
 public:
  using RedisTargetBase::RedisTargetBase;

 private:
  BatchResult publish(const Batch& batch) override;
};

}  // namespace sse::pub
