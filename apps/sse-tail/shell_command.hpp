#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sse::tail {

/// Of our own group is what a terminal's user talks to; one of its own can be ended with all that
/// the command started.
enum class ProcessGroup { ours, own };

/// Starts `sh -c command` with this standard input, our other outputs, our environment and more
/// ("NAME=value"). Signals are as this process found them. To be reaped by the caller.
Result<pid_t> start_shell(const std::string& command, int standard_input, ProcessGroup group,
                          const std::vector<std::string>& more_environment);

/// How a process ended: "exit status 3", "signal 9"; empty when it succeeded.
std::string failure_of(int wait_status);

/// The wait status of a child that has ended, which is reaped; nullopt while it runs.
std::optional<int> reap(pid_t child);

}  // namespace sse::tail
