#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls_context.hpp"
#include "net/tls_output.hpp"

struct ssl_st;  // OpenSSL's SSL

namespace sse::net {

/// The server's side of TLS on one accepted, non-blocking socket.
///
/// Call handshake() whenever the socket is ready until it is done, then read() and write() as one
/// would recv() and sendmsg(). The descriptor is the caller's and must outlive the session. One
/// thread at a time. SIGPIPE must be ignored: during the handshake OpenSSL writes to the socket
/// itself, so that it can hand the keys to the kernel.
class TlsSession {
 public:
  enum class Handshake { done, want_read, want_write, failed };

  /// Keeps `context` alive: its certificates and callbacks are used in the handshake, which may
  /// still run when the server has changed to another.
  TlsSession(std::shared_ptr<const TlsContext> context, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Goes on with the handshake as far as the socket allows. After `failed` the client has been
  /// told, and only error() may be called. It has no deadline of its own.
  Handshake handshake() noexcept;
  /// Why the handshake, or read() with EPROTO, failed, in one line: "no shared protocol version",
  /// "plain HTTP sent to a TLS port".
  const std::string& error() const noexcept { return error_; }

  /// What kind of failure the handshake met.
  enum class Failure {
    gone,        ///< of the socket: the client left
    protocol,    ///< the two cannot agree
    plain_http,  ///< the client does not speak TLS at all, but HTTP
  };
  Failure failure() const noexcept { return failure_; }

  // All below: once the handshake is done.

  /// The client chose HTTP/2 (ALPN "h2"); otherwise it is HTTP/1.
  bool speaks_http2() const noexcept;
  /// "TLSv1.3" or "TLSv1.2".
  std::string_view version() const noexcept;

  /// Like recv(): bytes, 0 when the peer has ended (with a close_notify or without), or -1 and
  /// errno: EAGAIN, EPROTO for what is not TLS, or the socket's. Gives at most one record, so that
  /// less than `size` does not mean the socket is empty. May leave an alert to be sent.
  ssize_t read(char* buffer, std::size_t size) noexcept;
  /// Decrypted bytes are at hand, which no poller can see: read() again.
  bool has_pending_input() const noexcept;

  /// Like sendmsg(), but takes all of the pieces or nothing: -1 and errno EAGAIN while an earlier
  /// write waits for the socket, or the socket's errno. What the socket does not take at once is
  /// kept, encrypted, so at most one write's worth. Pieces are gathered into as few records as can
  /// be. An error other than EAGAIN ends the session.
  ssize_t write(const iovec* pieces, std::size_t count) noexcept;
  /// Sends what is kept. True: nothing is left. False: errno says why, EAGAIN for a full socket.
  bool flush() noexcept;
  /// Something is kept: flush() when the socket is writable.
  bool has_unsent() const noexcept { return !output_.empty(); }

  /// The kernel encrypts (kTLS): send() on the descriptor itself is right, while has_unsent() is
  /// false.
  bool in_kernel() const noexcept { return in_kernel_; }

  /// Tells the peer that the stream ends here, behind what is kept. Nothing may be written after
  /// it. Best effort, never waits.
  void close_notify() noexcept;

 private:
  struct Free {
    void operator()(ssl_st* session) const noexcept;
  };

  Handshake handshake_stopped(int result) noexcept;
  void established() noexcept;
  ssize_t read_stopped(int result) noexcept;
  ssize_t fail_with(int error) noexcept;
  bool put(std::string_view bytes, bool more) noexcept;
  bool gather(const iovec* pieces, std::size_t count) noexcept;

  std::shared_ptr<const TlsContext> context_;
  TlsOutput output_;
  std::unique_ptr<ssl_st, Free> ssl_;
  bool in_kernel_ = false;
  Failure failure_ = Failure::gone;
  bool usable_ = false;  ///< the handshake is done and nothing has failed since
  std::string error_;
};

}  // namespace sse::net
