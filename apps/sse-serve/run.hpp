#pragma once

#include "options.hpp"

namespace sse::serve {

/// Serves as the settings say; returns the exit status, or ends by the signal that ended it.
int run(Settings settings);

}  // namespace sse::serve
