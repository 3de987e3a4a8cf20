#pragma once

#include "base/fd.hpp"

namespace sse::tail {

/// Takes SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGCHLD as something to read instead of something
/// that strikes, and ignores SIGPIPE, for the life of the process. Construct it before any thread
/// starts.
class Signals {
 public:
  Signals();
  /// Readable when a signal is there.
  int fd() const noexcept { return fd_.get(); }
  /// The next signal's number, 0 when there is none.
  int next();

 private:
  Fd fd_;
};

}  // namespace sse::tail
