#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>

#include "base/fd.hpp"
#include "net/tls_session.hpp"

namespace sse::server {

/// An accepted socket, in clear or under TLS. Results are as of recv() and send(), but errors are
/// negative errnos.
class Transport {
 public:
  /// `tls` may be null: in clear.
  Transport(Fd fd, std::unique_ptr<net::TlsSession> tls)
      : fd_(std::move(fd)), tls_(std::move(tls)) {}

  int fd() const noexcept { return fd_.get(); }
  net::TlsSession* tls() const noexcept { return tls_.get(); }
  /// Bytes may be sent to the descriptor itself.
  bool is_plain() const noexcept { return tls_ == nullptr || tls_->in_kernel(); }
  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }

  ssize_t read(char* buffer, std::size_t size) noexcept;
  /// What was read from the socket but not from here, so that no poller tells of it.
  bool has_pending_input() const noexcept { return tls_ != nullptr && tls_->has_pending_input(); }
  ssize_t write(const iovec* pieces, std::size_t count) noexcept;
  /// Sends what write() took and the socket did not. True when nothing is left.
  bool flush() noexcept { return tls_ == nullptr || !tls_->has_unsent() || tls_->flush(); }
  /// Tells the peer that nothing more comes; what it sends can still be read.
  void end_output() noexcept;
  /// `drop`: with all that the peer has not taken.
  void close(bool drop) noexcept;

 private:
  Fd fd_;
  std::unique_ptr<net::TlsSession> tls_;
};

}  // namespace sse::server
