#include "sse-bench/publish_connection.hpp"

#include <poll.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sse::bench {

Result<PublishConnection> PublishConnection::open(const Endpoint& target,
                                                  std::chrono::nanoseconds timeout) {
  auto transport = Transport::connect(target);
  if (!transport) return tl::unexpected(transport.error());
  pollfd wait{transport->fd(), POLLOUT, 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  if (::poll(&wait, 1, static_cast<int>(ms)) == 0) return fail(std::strerror(ETIMEDOUT));
  if (auto connected = transport->connected(); !connected) return tl::unexpected(connected.error());
  return PublishConnection(std::move(*transport));
}

void PublishConnection::send(std::string_view request, std::uint32_t seq) {
  transport_.queue(request);
  unanswered_.push_back(seq);
  broken_ = broken_ || !transport_.flush();
}

void PublishConnection::io(std::vector<PublishAnswer>& answers, ReadBuffer& buffer) {
  if (closed()) return;
  broken_ = broken_ || !transport_.flush();
  broken_ = !read_in(answers, buffer) || broken_;
  if (!broken_) return;
  for (const std::uint32_t seq : unanswered_) answers.push_back({seq, 0, {}});
  unanswered_.clear();
  transport_ = Transport();
}

// False when the connection cannot be used further.
bool PublishConnection::read_in(std::vector<PublishAnswer>& answers, ReadBuffer& buffer) {
  if (!transport_.receive(buffer)) return false;
  for (;;) {
    const auto bytes = transport_.next(buffer);
    if (!bytes || !take_answers(*bytes, answers)) return false;
    if (bytes->empty()) return true;
  }
}

// False as above.
bool PublishConnection::take_answers(std::string_view bytes, std::vector<PublishAnswer>& answers) {
  while (!bytes.empty() || (in_body_ && body_.done())) {
    if (in_body_) {
      std::string_view ignored;
      while (body_.next(bytes, ignored)) continue;
      if (body_.malformed()) return false;
      if (!body_.done()) return true;
      if (head_.close()) return false;
      in_body_ = false;
      head_ = ResponseHead();
    } else {
      bytes.remove_prefix(head_.feed(bytes));
      if (head_.state() == ResponseHead::State::malformed) return false;
      if (head_.state() == ResponseHead::State::reading) return true;
      if (unanswered_.empty()) return false;
      answers.push_back({unanswered_.front(), head_.answer().status, head_.answer().status_text});
      unanswered_.pop_front();
      body_ = BodyDecoder(head_);
      in_body_ = true;
    }
  }
  return true;
}

}  // namespace sse::bench
