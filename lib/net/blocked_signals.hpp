#pragma once

#include <pthread.h>
#include <signal.h>

namespace sse::net {

/// Keeps every signal from the calling thread, and from threads it starts, for as long as it
/// lives. Signals that come meanwhile are delivered afterwards, or to another thread.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  /// The mask to go back to.
  [[nodiscard]] const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t before_;
};

}  // namespace sse::net
