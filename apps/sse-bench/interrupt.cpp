#include "sse-bench/interrupt.hpp"

#include <time.h>

namespace sse::bench {

Interrupt::Interrupt() {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGINT);
  ::sigaddset(&signals_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void Interrupt::wait(std::chrono::milliseconds time) {
  if (signal_ != 0) return;
  const timespec timeout{static_cast<time_t>(time.count() / 1000),
                         static_cast<long>(time.count() % 1000 * 1'000'000)};
  const int got = ::sigtimedwait(&signals_, nullptr, &timeout);
  if (got <= 0) return;
  signal_ = got;
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);  // a second one ends the process at once
}

}  // namespace sse::bench
