#include "net/tls_output.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace sse::net {

// What the socket took, which may be nothing; -1: it is dead.
ssize_t TlsOutput::send(std::string_view bytes, int flags) noexcept {
  for (;;) {
    const ssize_t sent =
        ::send(fd_, bytes.data(), bytes.size(), flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno == EAGAIN) return 0;
    if (errno == EINTR) continue;
    error_ = errno;
    return -1;
  }
}

bool TlsOutput::put(std::string_view bytes) noexcept {
  if (error_ != 0) return false;
  if (kept_.empty()) {
    const ssize_t sent = send(bytes, more_ ? MSG_MORE : 0);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  if (bytes.empty()) return true;
  if (!asked_ && (unasked_ += bytes.size()) > kUnaskedBytesMax) {
    error_ = ENOBUFS;
    return false;
  }
  kept_.append(bytes);
  return true;
}

bool TlsOutput::flush() noexcept {
  while (error_ == 0 && sent_ < kept_.size()) {
    const ssize_t sent = send(std::string_view(kept_).substr(sent_), 0);
    if (sent == 0) break;
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
  }
  if (error_ != 0 || sent_ < kept_.size()) {
    errno = error_ != 0 ? error_ : EAGAIN;
    return false;
  }
  std::string().swap(kept_);  // idle sessions hold no memory for it
  sent_ = unasked_ = 0;
  return true;
}

}  // namespace sse::net
