#include "server/transport.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "server/socket_io.hpp"

namespace sse::server {
namespace {

/// Of one write under TLS, which keeps what the socket does not take.
constexpr std::size_t kKeptBytes = 16u << 10;

}  // namespace

ssize_t Transport::read(char* buffer, std::size_t size) noexcept {
  const ssize_t got =
      tls_ != nullptr ? tls_->read(buffer, size) : ::recv(fd_.get(), buffer, size, 0);
  return got < 0 ? -errno : got;
}

ssize_t Transport::write(const iovec* pieces, std::size_t count) noexcept {
  if (is_plain()) return send_pieces(fd_.get(), pieces, count);
  ssize_t taken = 0;
  std::size_t offset = 0;  // in the first of the pieces
  while (count > 0) {
    iovec part = *pieces;
    std::size_t parts = 1;
    // A whole batch of small pieces makes one record; of a large one a part is taken.
    std::size_t bytes = 0;
    if (offset == 0)
      for (parts = 0; parts < count && bytes + pieces[parts].iov_len <= kKeptBytes; ++parts)
        bytes += pieces[parts].iov_len;
    const bool cut = offset > 0 || parts == 0;
    if (cut) {
      part.iov_base = static_cast<char*>(part.iov_base) + offset;
      part.iov_len = bytes = std::min(part.iov_len - offset, kKeptBytes);
      parts = 1;
    }
    if (tls_->write(cut ? &part : pieces, parts) < 0) return taken > 0 ? taken : -errno;
    taken += static_cast<ssize_t>(bytes);
    offset = cut && offset + bytes < pieces->iov_len ? offset + bytes : 0;
    if (offset > 0) continue;
    pieces += parts;
    count -= parts;
  }
  return taken;
}

void Transport::end_output() noexcept {
  if (tls_ != nullptr) tls_->close_notify();
  ::shutdown(fd_.get(), SHUT_WR);
}

void Transport::close(bool drop) noexcept {
  if (drop) {
    const struct ::linger now { 1, 0 };
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  } else if (tls_ != nullptr) {
    tls_->close_notify();
  }
  tls_.reset();
  fd_.reset();
}

}  // namespace sse::server
