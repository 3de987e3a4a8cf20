#pragma once

namespace sse::cli {

/// Exit status of every tool of the suite; 128+n (ended by signal n) comes from re-raising it.
enum class Exit : int {
  ok = 0,
  failure = 1,  ///< run-time error
  usage = 2,    ///< bad option, argument or configuration
  connect = 3,  ///< cannot connect
  refused = 4,  ///< refused by the server: a final HTTP status
  not_event_stream = 5,
  ended_early = 6,  ///< ended early, or too few receivers
  expectation = 7,  ///< a stated expectation failed
  time_limit = 124,
};

}  // namespace sse::cli
