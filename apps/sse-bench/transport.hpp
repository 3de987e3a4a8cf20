#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "sse-bench/target.hpp"
#include "sse-bench/tls_client.hpp"

namespace sse::bench {

/// What transports of one thread read into: each takes everything out before the next one reads.
class ReadBuffer {
 public:
  ReadBuffer() : raw_(kBytes), plain_(kRecordBytesMax) {}

 private:
  friend class Transport;
  static constexpr std::size_t kBytes = std::size_t{64} * 1024;
  static constexpr std::size_t kRecordBytesMax = std::size_t{16} * 1024;  // of TLS

  std::vector<char> raw_;
  std::vector<char> plain_;
  std::string_view unread_;
};

/// A TCP connection, perhaps with TLS on it, that never waits. What the socket has no room for is
/// kept. Not thread-safe.
///
/// Errors are one clause, as for TlsSession; after one there is nothing left but to destroy it.
class Transport {
 public:
  Transport() = default;  ///< closed
  /// A connection begun: the socket is writable when connected() can tell what came of it.
  static Result<Transport> connect(const Endpoint& target, const Endpoint* source = nullptr);

  int fd() const noexcept { return fd_.get(); }
  bool closed() const noexcept { return !fd_; }
  Result<void> connected() const;
  /// Begins the handshake, which next() goes on with.
  Result<void> begin_tls(const TlsClient& client);
  /// The handshake is done, or there is none: bytes may be queued.
  bool ready() const noexcept { return !tls_ || secured_; }
  /// Null without TLS.
  const TlsSession* tls() const noexcept { return tls_.get(); }
  /// Leaves acknowledgements to be piggybacked or delayed, where the system allows.
  void delay_acks() const noexcept;

  /// Appends to what flush() sends.
  Result<void> queue(std::string_view bytes);
  Result<void> flush();
  /// Bytes wait for room in the socket: flush() when it is writable.
  bool backlogged() const noexcept { return sent_ < out_.size(); }

  /// Reads once what the socket has; next() gives it out. Error also when the peer has
  /// closed: kPeerClosed.
  Result<void> receive(ReadBuffer& buffer);
  /// The next piece of it, valid until the next call; empty: that was all.
  Result<std::string_view> next(ReadBuffer& buffer);

 private:
  explicit Transport(Fd fd) : fd_(std::move(fd)) {}

  Result<bool> go_on_with_handshake();

  Fd fd_;
  std::unique_ptr<TlsSession> tls_;
  bool secured_ = false;
  std::string out_;
  std::size_t sent_ = 0;  ///< of out_
};

}  // namespace sse::bench
