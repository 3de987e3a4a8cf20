#pragma once

#include "client/http_publisher.hpp"
#include "sse-pub/confirmation.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// A server of the suite, over HTTP. One event goes verbatim; several for one channel go as one
/// text/event-stream body of at most `batch_bytes_max` (one event alone may exceed it).
class HttpTarget final : public Target {
 public:
  HttpTarget(client::HttpPublisher publisher, std::size_t batch_bytes_max, AnswerStyle answers)
      : publisher_(std::move(publisher)), batch_bytes_max_(batch_bytes_max), answers_(answers) {}

  BatchResult send(const Batch& batch) override;
  /// As the last receipt has it: of that one server.
  Result<Receivers> receivers() override;
  std::string name() const override { return publisher_.display_url(); }

 private:
  std::size_t take_body(std::span<const OutgoingEvent> events);
  void account(const client::HttpAnswer& answer, const Batch& sent, BatchResult& result);
  void account_receipt(const client::HttpAnswer& answer, const Batch& sent, BatchResult& result);

  client::HttpPublisher publisher_;
  std::size_t batch_bytes_max_;
  AnswerStyle answers_;
  std::string body_;
  std::string channel_;  // of the last receipt
  std::optional<std::uint64_t> streams_;
};

}  // namespace sse::pub
