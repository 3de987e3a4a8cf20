#include "sse-bench/publish_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/units.hpp"

namespace sse::bench {
namespace {

// 0, or the error number of a connect() in progress that failed.
int wait_connected(int fd, std::chrono::nanoseconds timeout) {
  pollfd wait{fd, POLLOUT, 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  if (::poll(&wait, 1, static_cast<int>(ms)) == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

}  // namespace

Result<PublishConnection> PublishConnection::open(const Endpoint& target,
                                                  std::chrono::nanoseconds timeout) {
  Fd fd(::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(std::strerror(errno));
  int error = ::connect(fd.get(), target.get(), target.length) == 0 ? 0 : errno;
  if (error == EINPROGRESS) error = wait_connected(fd.get(), timeout);
  if (error != 0) return fail(std::strerror(error));
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return PublishConnection(std::move(fd));
}

void PublishConnection::send(std::string_view request, std::uint32_t seq) {
  out_.append(request);
  unanswered_.push_back(seq);
  write_out();
}

void PublishConnection::write_out() {
  while (backlogged() && !broken_) {
    const ssize_t n =
        ::send(fd_.get(), out_.data() + out_sent_, out_.size() - out_sent_, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0)
      broken_ = true;
    else
      out_sent_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  out_sent_ = 0;
}

void PublishConnection::io(std::vector<PublishAnswer>& answers) {
  if (!fd_) return;
  if (backlogged()) write_out();
  read_in(answers);
  if (!broken_) return;
  for (const std::uint32_t seq : unanswered_) answers.push_back({seq, 0, {}});
  unanswered_.clear();
  fd_.reset();
}

void PublishConnection::read_in(std::vector<PublishAnswer>& answers) {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0 || !take_answers({buffer.data(), static_cast<std::size_t>(n)}, answers)) {
      broken_ = true;
      return;
    }
    if (static_cast<std::size_t>(n) < buffer.size()) return;
  }
}

// False when the connection cannot be used further.
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
      answers.push_back({unanswered_.front(), head_.status(), head_.status_text()});
      unanswered_.pop_front();
      body_ = BodyDecoder(head_);
      in_body_ = true;
    }
  }
  return true;
}

}  // namespace sse::bench
