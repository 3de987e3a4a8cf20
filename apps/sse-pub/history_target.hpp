#pragma once

#include "redis/history_publisher.hpp"
#include "redis/stream_count.hpp"
#include "sse-pub/confirmation.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// The history in Redis that the nodes of a server share.
class HistoryTarget final : public Target {
 public:
  /// `count`: how to ask for receivers().
  HistoryTarget(redis::HistoryPublisherOptions options, AnswerStyle answers,
                redis::StreamCountOptions count)
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
  redis::HistoryPublisher publisher_;
  AnswerStyle answers_;
  redis::StreamCountOptions count_;
  std::string channel_;  // of the last event
};

}  // namespace sse::pub
