#pragma once

#include <string>
#include <utility>

#include "sse-pub/confirmation.hpp"
#include "sse-pub/redis_result.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// What the ways to publish through Redis have in common. `Publisher` is made of `Options`, which
/// have the `url`.
template <class Publisher, class Options>
class RedisTargetBase : public Target {
 public:
  /// `count`: how to ask for receivers().
  RedisTargetBase(Options options, AnswerStyle answers, redis::StreamCountOptions count)
      : publisher_(options),
        answers_(answers),
        count_(std::move(count)),
        name_(redis::masked(options.url)) {}

  BatchResult connect() final { return to_result(publisher_.connect()); }
  BatchResult send(const Batch& batch) final {
    channel_ = batch.events.back().channel;
    return publish(batch);
  }
  Result<Receivers> receivers() override { return ask_nodes(count_, channel_); }
  std::string name() const final { return name_; }

 protected:
  virtual BatchResult publish(const Batch& batch) = 0;

  Publisher publisher_;
  const AnswerStyle answers_;
  redis::StreamCountOptions count_;

 private:
  const std::string name_;
  std::string channel_;  // of the last event
};

}  // namespace sse::pub
