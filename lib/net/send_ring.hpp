#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace sse::net {

/// Sends to many sockets with one system call, on Linux' io_uring.
///
/// Sends are queued by push() and made by submit(); none is under way after it, so the ring never
/// owns bytes. One thread only: the one that opened it.
class SendRing {
 public:
  /// Sends that may be queued at once.
  static constexpr std::size_t kBatch = 256;

  /// A ring, or why there is none: built without, an old kernel, forbidden in this container.
  static Result<std::unique_ptr<SendRing>> open();
  ~SendRing();
  SendRing(const SendRing&) = delete;
  SendRing& operator=(const SendRing&) = delete;

  /// Lets the kernel keep the socket at hand, which makes sends to it cheaper. The socket must be
  /// non-blocking. Call remove() before it is closed.
  void add(int fd) noexcept;
  void remove(int fd) noexcept;

  /// Queues a send of bytes that stay until submit(). Precondition: size() < kBatch.
  void push(int fd, std::string_view bytes) noexcept;
  std::size_t size() const noexcept;

  struct Sent {
    int asked;  ///< bytes
    int sent;   ///< bytes the socket took, or a negative errno
  };
  /// Makes the queued sends; one result for each, in order, valid until the next push().
  std::span<const Sent> submit() noexcept;
  /// The kernel failed the ring itself: what submit() reported so far holds, but use it no more.
  bool is_broken() const noexcept;

 private:
  struct Ring;
  explicit SendRing(std::unique_ptr<Ring> ring);
  std::unique_ptr<Ring> ring_;
};

}  // namespace sse::net
