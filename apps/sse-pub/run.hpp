#pragma once

#include "sse-pub/options.hpp"

namespace sse::pub {

/// Publishes what the options say. Returns the exit status; messages have been printed. A signal
/// that came ends the process as the signal would.
int run(PubOptions options);

}  // namespace sse::pub
