#pragma once

#include <cstdint>

#include "base/fd.hpp"
#include "net/loop.hpp"

namespace sse::net {

/// What a Poller tells about readiness.
class Pollable {
 public:
  /// `events` are epoll's bits. May close or forget itself, but must stay allocated until the end
  /// of the loop turn: later events of the same batch may still name it.
  virtual void ready(std::uint32_t events) noexcept = 0;

 protected:
  ~Pollable() = default;
};

/// The readiness of thousands of sockets as one descriptor of the loop.
///
/// A libuv handle costs 160 bytes and two more system calls per socket; a set of our own costs
/// nothing per socket, and lets a turn stop after a batch so that nobody starves. Level-triggered.
class Poller {
 public:
  explicit Poller(Loop& loop);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Watches a descriptor the caller owns; closing it ends the watch. False when out of memory.
  bool add(int fd, std::uint32_t events, Pollable& target) noexcept;
  void change(int fd, std::uint32_t events, Pollable& target) noexcept;
  void remove(int fd) noexcept;

 private:
  static constexpr int kBatch = 256;  ///< events handled per loop turn
  void dispatch() noexcept;

  Fd epoll_;
  Handle<uv_poll_t> handle_;
};

}  // namespace sse::net
