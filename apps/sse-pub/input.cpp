#include "sse-pub/input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sse-pub/interrupt.hpp"

namespace sse::pub {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;

std::string cannot_read(const std::string& name) {
  return "cannot read " + name + ": " + std::strerror(errno);
}

}  // namespace

Input::Input(Fd opened, int fd, std::string name)
    : opened_(std::move(opened)), fd_(fd), name_(std::move(name)), buffer_(kReadBytes) {}

Result<Input> Input::open(const std::string& path) {
  if (path.empty() || path == "-") return Input(Fd(), STDIN_FILENO, "standard input");
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(cannot_read(path));
  const int fd = file.get();
  return Input(std::move(file), fd, path);
}

Input::Status Input::read(int interrupt_fd, int timeout_ms) {
  while (true) {
    if (!wait_readable(fd_, interrupt_fd, timeout_ms))
      return wait_readable(interrupt_fd, -1, 0) ? Status::interrupted : Status::timed_out;
    const ssize_t got = ::read(fd_, buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    size_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got > 0) return Status::data;
    if (got == 0) return Status::end;
    error_ = cannot_read(name_);
    return Status::failed;
  }
}

bool Input::is_ready() const noexcept { return wait_readable(fd_, -1, 0); }

bool stdin_is_terminal() noexcept { return ::isatty(STDIN_FILENO) == 1; }

}  // namespace sse::pub
