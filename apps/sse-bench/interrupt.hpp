#pragma once

#include <signal.h>

#include <chrono>

namespace sse::bench {

/// Turns SIGINT and SIGTERM into something to wait for. Make it before the first thread, so that
/// all of them block the signals; use it from one thread.
class Interrupt {
 public:
  Interrupt();

  /// Waits this long, or until a signal came.
  void wait(std::chrono::milliseconds time);
  /// The first signal that came; 0: none yet.
  int signal() const noexcept { return signal_; }

 private:
  sigset_t signals_;
  int signal_ = 0;
};

}  // namespace sse::bench
