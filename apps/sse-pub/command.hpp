#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sse::pub {

/// How a command ended.
struct CommandEnd {
  int status = 0;     ///< its exit status; 127 or 126, as in a shell, when it could not be run
  int signal = 0;     ///< that ended it, or 0
  std::string error;  ///< why it could not be run; empty: it was
  std::chrono::milliseconds time{0};

  /// What a shell would say: the status, or 128 and the signal.
  int exit_status() const noexcept { return signal == 0 ? status : 128 + signal; }
};

/// Runs argv[0], looked up in PATH, with our standard files and in our process group, and waits for
/// its end. Signals another process sends us meanwhile (HUP, INT, QUIT, TERM, USR1, USR2) go on to
/// it; those of the terminal reach it anyway. One call at a time per process.
CommandEnd run_command(const std::vector<std::string>& argv);

/// The data of the event that tells: {"command":[…],"status":N or "signal":"TERM","seconds":1.234}.
std::string describe_end(const std::vector<std::string>& argv, const CommandEnd& end);

}  // namespace sse::pub
