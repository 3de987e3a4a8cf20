#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/event_source.hpp"
#include "client/transport_loop.hpp"
#include "event_filter.hpp"
#include "options.hpp"
#include "output_template.hpp"
#include "pattern.hpp"
#include "sequence.hpp"

namespace sse::tail {

/// What the process's surroundings say about output.
struct Terminal {
  bool stdout_is_terminal = false;
  bool stderr_is_terminal = false;
  bool dumb = false;      ///< it cannot move its cursor: $TERM is "dumb" or not set
  bool no_color = false;  ///< $NO_COLOR is set and not empty, or $TERM is "dumb"
};

/// Options settled: every default chosen, every file read, every contradiction refused.
struct Settings {
  std::vector<client::EventSourceOptions> sources;  ///< one per URL, in order
  client::ConnectionOptions connection;
  Output output = Output::data;
  OutputTemplate output_template;  ///< for Output::templated
  std::string delimiter = "\n";    ///< after each event, where the format has one
  bool lifecycle = false;
  bool sanitize = false;  ///< running text goes to a terminal
  bool mcp = false;
  Stamp stamp = Stamp::clock;
  bool color = false;
  bool status_line = false;
  EventFilter filter;
  std::optional<Pattern> until;
  std::string exec;            ///< a command for each event; empty: none
  std::size_t jobs = 1;        ///< how many at once
  std::string exec_pipe;       ///< a command that reads the output; empty: none
  std::string positions_path;  ///< of --resume; empty: no
  std::size_t dedup = 0;       ///< events to remember; 0: none
  std::optional<Sequence> sequence;
  std::string record_path;  ///< empty: no recording
};

/// Reads the files the options name; the error names the option and what to do.
Result<Settings> resolve(const Options& options, const Terminal& terminal);

}  // namespace sse::tail
