#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "sse-bench/body_decoder.hpp"
#include "sse-bench/response_head.hpp"
#include "sse-bench/target.hpp"

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
  /// Waits for the connection at most `timeout`. Error: the system's reason.
  static Result<PublishConnection> open(const Endpoint& target, std::chrono::nanoseconds timeout);

  int fd() const noexcept { return fd_.get(); }
  std::size_t unanswered() const noexcept { return unanswered_.size(); }
  /// Bytes wait for room in the socket: call io() when it is writable.
  bool backlogged() const noexcept { return out_sent_ < out_.size(); }
  /// No further request may be sent: open another one.
  bool closed() const noexcept { return !fd_; }

  void send(std::string_view request, std::uint32_t seq);
  /// Writes and reads what goes without waiting; appends the answers that came. When the connection
  /// ends, every unanswered event is answered with status 0.
  void io(std::vector<PublishAnswer>& answers);

 private:
  explicit PublishConnection(Fd fd) : fd_(std::move(fd)) {}

  void write_out();
  void read_in(std::vector<PublishAnswer>& answers);
  bool take_answers(std::string_view bytes, std::vector<PublishAnswer>& answers);

  Fd fd_;
  std::string out_;
  std::size_t out_sent_ = 0;
  std::deque<std::uint32_t> unanswered_;
  ResponseHead head_;
  BodyDecoder body_;
  bool in_body_ = false;
  bool broken_ = false;
};

}  // namespace sse::bench
