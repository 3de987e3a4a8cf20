#pragma once

#include "sse-bench/options.hpp"

namespace sse::bench {

/// Runs the bench, prints its result on stdout and what went wrong on stderr. Returns the exit
/// status; after a signal it prints what there is and does not return.
int run(const Options& options);

}  // namespace sse::bench
