#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sse/encoder.hpp>

#include "base/result.hpp"

namespace sse::client {

struct HttpPublisherOptions {
  /// The server: "http://host:port", with an optional base path; without a scheme, http.
  std::string base_url;
  std::string unix_socket;           ///< connect here instead of to the host of base_url
  std::vector<std::string> headers;  ///< further header lines, "Name: value"
  std::string bearer_token;          ///< sent as Authorization: Bearer; empty: none
  std::string user_agent;
  std::string ca_file;  ///< PEM file of trusted CAs; empty: the system's
  bool verify_tls = true;
  std::chrono::milliseconds connect_timeout{10'000};
  /// Longest time of one publish, from its start to the end of the answer.
  std::chrono::milliseconds answer_timeout{30'000};
  std::size_t answer_bytes_max = 4u << 20;
  /// When readable, a publish under way ends with HttpAnswer::Kind::interrupted. -1: none.
  int interrupt_fd = -1;
  /// Connect nowhere: each request's bytes, as they would go out inside TLS if any and with the
  /// values of secret headers as `***`, are appended here and taken for answered with 200.
  /// Not owned.
  std::string* capture = nullptr;
};

/// What became of one publish request.
struct HttpAnswer {
  enum class Kind {
    answered,       ///< `status` and `body` hold what the server said
    not_connected,  ///< the request was not sent; why in `reason`
    lost,           ///< sent at least in part, no complete answer; why in `reason`
    interrupted,    ///< HttpPublisherOptions::interrupt_fd became readable
  };
  Kind kind = Kind::answered;
  int status = 0;
  std::string body;
  std::string reason;
};

/// Who publishes and where in what they publish a request stands, so that a server that had these
/// events drops them. Sent as the headers Idempotency-Key and Idempotency-Sequence.
struct Idempotency {
  std::string_view key;        ///< visible ASCII; empty: no such headers
  std::uint64_t sequence = 0;  ///< number of the request's first event among those of the key
};

/// Publishes events with POST BASE/CHANNEL over one kept-alive connection (HTTP/1.1, or HTTP/2 over
/// TLS). Redirects are not followed: they are answers. Not thread-safe.
class HttpPublisher {
 public:
  /// Fails when base_url is no http or https URL, or carries a query or fragment.
  static Result<HttpPublisher> create(const HttpPublisherOptions& options);
  HttpPublisher(HttpPublisher&&) noexcept;
  HttpPublisher& operator=(HttpPublisher&&) noexcept;
  ~HttpPublisher();

  /// One event: its data verbatim as the body, the other fields in the query. A comment is not
  /// sent. Precondition: sse::validate(fields) == nullopt.
  HttpAnswer publish(std::string_view channel, const EventFields& fields,
                     const Idempotency& idempotency = {});
  /// Several events: blocks as sse::encode() writes them, as one text/event-stream body.
  HttpAnswer publish_blocks(std::string_view channel, std::string_view blocks,
                            const Idempotency& idempotency = {});

  /// The server for messages: base URL without a password, and the unix socket if any.
  const std::string& display_url() const noexcept;

 private:
  class Impl;
  explicit HttpPublisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sse::client
