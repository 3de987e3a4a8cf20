#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/loop.hpp"

namespace sse::net {

/// How a process ended: by itself with a status, or by a signal (then not 0).
struct ChildExit {
  int status = 0;
  int signal = 0;
};

/// How long the end of a process group may take.
struct EndTimes {
  std::uint64_t grace_ms = 5'000;  ///< from SIGTERM to SIGKILL
  /// From SIGKILL until the group counts as gone: a process stuck in the kernel may survive.
  std::uint64_t kill_ms = 2'000;
};

/// A child process that leads a process group (and session) of its own, so that it can be ended
/// with all it started. Processes that leave the group are out of reach.
///
/// Belongs to the loop's thread. Destroyed before the process was reaped it leaves a zombie until
/// this process ends: call end_group() first.
class ChildProcess {
 public:
  explicit ChildProcess(uv_loop_t* loop);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Runs a command as net::spawn() does. Call once; `exited` is called when the process ended and
  /// was reaped.
  Result<void> spawn(const std::vector<std::string>& argv, int out, int err,
                     std::function<void(ChildExit)> exited);

  /// Ends what is left of the group: SIGTERM now, SIGKILL later. `done` is called from a timer when
  /// the process is reaped and the group empty, or the time is over. Calling it again replaces
  /// `done`.
  void end_group(const EndTimes& times, std::function<void()> done);
  /// SIGKILL now, for a process that is about to end itself.
  void kill_group() noexcept;

 private:
  static constexpr std::uint64_t kCheckMs = 10;

  void reap();
  bool group_alive();
  void check_group();

  uv_loop_t* loop_;
  std::optional<SignalWatcher> child_signal_;
  Timer timer_;
  pid_t group_ = 0;  // 0: none, or empty; never signalled again then
  bool running_ = false;
  bool ending_ = false;
  bool killed_ = false;
  std::uint64_t deadline_ms_ = 0;
  std::uint64_t kill_ms_ = 0;
  std::function<void(ChildExit)> exited_;
  std::function<void()> done_;
};

}  // namespace sse::net
