#pragma once

#include "redis/history_publisher.hpp"
#include "sse-pub/redis_target_base.hpp"

namespace sse::pub {

/// The history in Redis that the nodes of a server share.
class HistoryTarget final
    : public RedisTargetBase<redis::HistoryPublisher, redis::HistoryPublisherOptions> {
 public:
  using RedisTargetBase::RedisTargetBase;

  Result<Receivers> receivers() override;

 private:
  BatchResult publish(const Batch& batch) override;
};

}  // namespace sse::pub
