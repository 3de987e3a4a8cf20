#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.hpp"

namespace sse::net {

/// Starts argv[0] (looked up in PATH) as leader of a session and process group of its own, with our
/// environment, standard input from /dev/null and the given outputs (not owned). Signals, CPUs
/// and the limit of open files are as this process found them, not as it set them. The error is one
/// clause that names the program. To be reaped by the caller.
///
/// Not uv_spawn(): it has no hook between fork and exec, and the limit cannot be put back from
/// outside. Lowering it around the call would starve the other threads, and fail itself, once more
/// descriptors are open than the old limit allows; prlimit() on the child races with a shell that
/// reads its limits as it starts.
Result<pid_t> spawn(const std::vector<std::string>& argv, int out, int err);

}  // namespace sse::net
