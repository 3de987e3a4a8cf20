#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sse-bench/body_decoder.hpp"
#include "sse-bench/response_head.hpp"
#include "sse-bench/target.hpp"
#include "sse-bench/transport.hpp"

namespace sse::bench {

/// The server's word on one published event.
struct PublishAnswer {
  std::uint32_t seq = 0;
  int status = 0;  ///< 0: the connection ended before the answer
  std::string status_text;
};

/// One keep-alive connection that pipelines POSTs: sending never waits for an answer, nor for room
/// in the socket. Not thread-safe.
class PublishConnection {
 public:
  /// Waits for the connection, with TLS unless that is null, at most `timeout`.
  static Result<PublishConnection> open(const Endpoint& target, const TlsClient* tls,
                                        std::chrono::nanoseconds timeout);

  int fd() const noexcept { return transport_.fd(); }
  std::size_t unanswered() const noexcept { return unanswered_.size(); }
  /// Bytes wait for room in the socket: call io() when it is writable.
  bool backlogged() const noexcept { return transport_.backlogged(); }
  /// No further request may be sent: open another one.
  bool closed() const noexcept { return transport_.closed(); }

  void send(std::string_view request, std::uint32_t seq);
  /// Writes and reads what goes without waiting; appends the answers that came. When the connection
  /// ends, every unanswered event is answered with status 0.
  void io(std::vector<PublishAnswer>& answers, ReadBuffer& buffer);

 private:
  explicit PublishConnection(Transport transport) : transport_(std::move(transport)) {}

  bool read_in(std::vector<PublishAnswer>& answers, ReadBuffer& buffer);
  bool take_answers(std::string_view bytes, std::vector<PublishAnswer>& answers);

  Transport transport_;
  std::deque<std::uint32_t> unanswered_;
  ResponseHead head_;
  BodyDecoder body_;
  bool in_body_ = false;
  bool broken_ = false;
};

}  // namespace sse::bench
