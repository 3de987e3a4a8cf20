#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "sse-bench/target.hpp"

namespace sse::bench {

/// What transports of one thread read into: each takes everything out before the next one reads.
class ReadBuffer {
 public:
  ReadBuffer() : raw_(kBytes) {}

 private:
  friend class Transport;
  static constexpr std::size_t kBytes = 64 * 1024;

  std::vector<char> raw_;
  std::string_view unread_;
};

/// A TCP connection that never waits. What the socket has no room for is kept. Not thread-safe.
///
/// Errors are the system's reasons; after one there is nothing left but to destroy it.
class Transport {
 public:
  Transport() = default;  ///< closed
  /// A connection begun: the socket is writable when connected() can tell what came of it.
  static Result<Transport> connect(const Endpoint& target, const Endpoint* source = nullptr);

  int fd() const noexcept { return fd_.get(); }
  bool closed() const noexcept { return !fd_; }
  Result<void> connected() const;
  /// Leaves acknowledgements to be piggybacked or delayed, where the system allows.
  void delay_acks() const noexcept;

  /// Appends to what flush() sends.
  void queue(std::string_view bytes) { out_.append(bytes); }
  Result<void> flush();
  /// Bytes wait for room in the socket: flush() when it is writable.
  bool backlogged() const noexcept { return sent_ < out_.size(); }

  /// Reads once what the socket has; next() gives it out. Error also when the peer has closed.
  Result<void> receive(ReadBuffer& buffer);
  /// The next piece of it, valid until the next call; empty: that was all.
  Result<std::string_view> next(ReadBuffer& buffer);

 private:
  explicit Transport(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  std::string out_;
  std::size_t sent_ = 0;  ///< of out_
};

}  // namespace sse::bench
