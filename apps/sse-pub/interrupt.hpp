#pragma once

#include <cstdint>

#include "base/fd.hpp"

namespace sse::pub {

/// Turns SIGINT, SIGTERM and SIGHUP into a readable descriptor, so that every wait ends at once and
/// what has been accepted can be told. A second one of the same kind has its default action.
/// SIGPIPE is ignored. One object per process; undone on destruction.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Readable once a signal came; nothing is to be read from it.
  int fd() const noexcept { return read_end_.get(); }
  /// The signal that came, or 0.
  int signal() const noexcept;

 private:
  Fd read_end_;
  Fd write_end_;
};

/// Waits until `fd` is readable. False: `interrupt_fd` was first, or the time ran out.
/// Either descriptor may be -1; a negative timeout waits for ever.
bool wait_readable(int fd, int interrupt_fd, int timeout_ms) noexcept;

/// Sleeps until monotonic_ns() is `due_ns`. False: `interrupt_fd`, if any, is readable.
bool wait_until(std::uint64_t due_ns, int interrupt_fd) noexcept;

}  // namespace sse::pub
