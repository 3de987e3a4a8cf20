#include "stdout_sink.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sse::tail {
namespace {

constexpr std::size_t kWriteBytesMax = std::size_t{1} << 20;

short poll_now(int fd, short events) {
  pollfd one{fd, events, 0};
  return ::poll(&one, 1, 0) > 0 ? one.revents : short{0};
}

}  // namespace

StdoutSink::StdoutSink(int fd) : fd_(fd), piece_max_(kWriteBytesMax) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    fail(errno);
    return;
  }
  socket_ = S_ISSOCK(status.st_mode);
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  own_.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!own_) piece_max_ = PIPE_BUF;
}

StdoutSink::State StdoutSink::flush() {
  while (state_ == State::good && blocked()) {
    if (would_wait()) return state_;
    const std::size_t size = std::min(buffer_.size() - written_, piece_max_);
    const long count = write_some(buffer_.data() + written_, size);
    if (count >= 0) {
      written_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return state_;
    } else if (errno != EINTR) {
      return fail(errno);
    }
  }
  buffer_.clear();
  written_ = 0;
  return state_;
}

long StdoutSink::write_some(const char* data, std::size_t size) {
  if (socket_) return ::send(fd_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  return ::write(fd(), data, size);
}

// Only where write() itself could wait.
bool StdoutSink::would_wait() const {
  return !own_ && !socket_ && (poll_now(fd_, POLLOUT) & (POLLOUT | POLLERR | POLLHUP)) == 0;
}

StdoutSink::State StdoutSink::check_reader() {
  if (state_ == State::good && (poll_now(fd(), 0) & (POLLERR | POLLHUP)) != 0)
    state_ = State::reader_gone;
  return state_;
}

StdoutSink::State StdoutSink::fail(int error) {
  error_ = std::strerror(error);
  state_ = error == EPIPE ? State::reader_gone : State::failed;
  return state_;
}

}  // namespace sse::tail
