#include "sse-bench/publish_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/clock.hpp"

namespace sse::bench {

namespace {

Result<void> wait_for(const Transport& transport, short events, std::uint64_t deadline_ns) {
  const std::uint64_t now_ns = monotonic_ns();
  const std::uint64_t left_ms = (deadline_ns - std::min(deadline_ns, now_ns)) / 1'000'000;
  pollfd wait{transport.fd(), events, 0};
  if (::poll(&wait, 1, static_cast<int>(left_ms)) == 0) return fail(std::strerror(ETIMEDOUT));
  return {};
}

Result<void> shake_hands(Transport& transport, const TlsClient& tls, std::uint64_t deadline_ns) {
  ReadBuffer buffer;
  auto result = transport.begin_tls(tls);
  while (result && !transport.ready()) {
    result = wait_for(transport, transport.backlogged() ? POLLIN | POLLOUT : POLLIN, deadline_ns);
    if (result) result = transport.receive(buffer);
    if (!result) break;
    if (auto more = transport.next(buffer); !more) return tl::unexpected(more.error());
    result = transport.flush();
  }
  return result;
}

}  // namespace

Result<PublishConnection> PublishConnection::open(const Endpoint& target, const TlsClient* tls,
                                                  std::chrono::nanoseconds timeout) {
  const std::uint64_t deadline_ns = monotonic_ns() + static_cast<std::uint64_t>(timeout.count());
  auto transport = Transport::connect(target);
  if (!transport) return tl::unexpected(transport.error());
  auto result = wait_for(*transport, POLLOUT, deadline_ns);
  if (result) result = transport->connected();
  if (result && tls != nullptr) result = shake_hands(*transport, *tls, deadline_ns);
  if (!result) return tl::unexpected(result.error());
  return PublishConnection(std::move(*transport));
}

void PublishConnection::send(std::string_view request, std::uint32_t seq) {
  unanswered_.push_back(seq);
  broken_ = broken_ || !transport_.queue(request) || !transport_.flush();
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
