#pragma once

#include "redis/history_publisher.hpp"
#include "sse-pub/confirmation.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// The history in Redis that the nodes of a server share.
class HistoryTarget final : public Target {
 public:
  HistoryTarget(redis::HistoryPublisherOptions options, AnswerStyle answers)
      : name_(redis::masked(options.url)), publisher_(std::move(options)), answers_(answers) {}

  BatchResult connect() override;
  BatchResult send(const Batch& batch) override;
  std::string name() const override { return name_; }

 private:
  std::string name_;
  redis::HistoryPublisher publisher_;
  AnswerStyle answers_;
};

}  // namespace sse::pub
