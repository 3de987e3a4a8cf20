#pragma once

#include "client/http_publisher.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// A server of the suite, over HTTP. One event goes verbatim; several for one channel go as one
/// text/event-stream body of at most `batch_bytes_max` (one event alone may exceed it).
class HttpTarget final : public Target {
 public:
  HttpTarget(client::HttpPublisher publisher, std::size_t batch_bytes_max)
      : publisher_(std::move(publisher)), batch_bytes_max_(batch_bytes_max) {}

  BatchResult send(std::span<const OutgoingEvent> events) override;
  std::string name() const override { return publisher_.display_url(); }

 private:
  std::size_t take_body(std::span<const OutgoingEvent> events);
  void account(const client::HttpAnswer& answer, std::size_t sent, BatchResult& result) const;

  client::HttpPublisher publisher_;
  std::size_t batch_bytes_max_;
  std::string body_;
};

}  // namespace sse::pub
