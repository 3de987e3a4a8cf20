#pragma once

#include "cli/exit_code.hpp"
#include "client/stream_error.hpp"

namespace sse::tail {

/// The exit status for a stream that was closed for good by `error`; `count_unmet`: -c asked for
/// more events than came.
cli::Exit exit_for(client::ErrorKind error, bool count_unmet) noexcept;

}  // namespace sse::tail
