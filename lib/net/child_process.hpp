#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "net/loop.hpp"

namespace sse::net {

/// How a process ended: by itself with a status, or by a signal (then not 0).
struct ChildExit {
  int status = 0;
  int signal = 0;
};

/// A pipe, both ends close-on-exec; only the end for reading is non-blocking.
struct Pipe {
  Fd read;
  Fd write;
};
Result<Pipe> make_pipe();

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

  /// Runs argv[0] (looked up in PATH) with our environment, standard input from /dev/null and the
  /// given outputs (not owned). The error is one clause that names the program. Call once;
  /// `exited` is called when the process ended and was reaped.
  Result<void> spawn(const std::vector<std::string>& argv, int out, int err,
                     std::function<void(ChildExit)> exited);

  /// Ends what is left of the group: SIGTERM now, SIGKILL after `grace_ms`. `done` is called from
  /// a timer when the process is reaped and the group empty; at the latest kUnkillableMs after
  /// SIGKILL, which a process stuck in the kernel may survive. Calling it again replaces `done`.
  void end_group(std::uint64_t grace_ms, std::function<void()> done);

 private:
  static constexpr std::uint64_t kCheckMs = 10;
  static constexpr std::uint64_t kUnkillableMs = 2'000;

  void on_exit(ChildExit how);
  bool group_alive();
  void check_group();

  uv_loop_t* loop_;
  std::optional<Handle<uv_process_t, std::int64_t, int>> process_;
  Timer timer_;
  pid_t group_ = 0;  // 0: none, or empty; never signalled again then
  bool running_ = false;
  bool ending_ = false;
  bool killed_ = false;
  std::uint64_t deadline_ms_ = 0;
  std::function<void(ChildExit)> exited_;
  std::function<void()> done_;
};

}  // namespace sse::net
