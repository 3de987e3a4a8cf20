#pragma once

#include "cli/exit_code.hpp"
#include "client/stream_error.hpp"

namespace sse::tail {

/// The exit status for a stream that was closed for good by `error`; `wanted_more`: what -c
/// or --until ask for has not come.
cli::Exit exit_for(client::ErrorKind error, bool wanted_more) noexcept;

}  // namespace sse::tail
