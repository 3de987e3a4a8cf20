#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/event_source.hpp"
#include "client/transport_loop.hpp"
#include "options.hpp"

namespace sse::tail {

/// What the process's surroundings say about output.
struct Terminal {
  bool stdout_is_terminal = false;
  bool no_color = false;  ///< $NO_COLOR is set and not empty, or $TERM is "dumb"
};

/// Options settled: every default chosen, every file read, every contradiction refused.
struct Settings {
  std::vector<client::EventSourceOptions> sources;  ///< one per URL, in order
  client::ConnectionOptions connection;
  Output output = Output::data;
  bool color = false;
};

/// Reads the files the options name; the error names the option and what to do.
Result<Settings> resolve(const Options& options, const Terminal& terminal);

}  // namespace sse::tail
