#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>

namespace sse::server {

/// Sends without waiting and without SIGPIPE: the bytes taken, or a negative errno.
inline ssize_t send_pieces(int fd, const iovec* pieces, std::size_t count) noexcept {
  ssize_t sent;
  if (count == 1) {
    sent = ::send(fd, pieces->iov_base, pieces->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);  // the kernel only reads them
    message.msg_iovlen = count;
    sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  return sent < 0 ? -errno : sent;
}

/// Whether a result like that means that nothing will ever be sent there again.
inline bool is_failure(ssize_t sent) noexcept {
  return sent < 0 && sent != -EAGAIN && sent != -EINTR;
}

}  // namespace sse::server
