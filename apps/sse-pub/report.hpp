#pragma once

#include <string>

#include "cli/exit_code.hpp"
#include "sse-pub/delivery.hpp"

namespace sse::pub {

/// How publishing ended, for the message and the exit status.
struct Ending {
  Tally tally;
  std::string target;       ///< name of the server
  std::string input_error;  ///< see Publication
  bool invalid = false;
  std::string receivers_problem;  ///< too few, or unknown; empty: enough, or nobody asked
  bool too_few = false;
  bool all_read = true;  ///< false: there may be input nobody read
};

/// One line for stderr; empty when all went well.
std::string describe(const Ending& ending);

/// The exit status; an interrupted run is the caller's to end by the signal.
cli::Exit exit_status(const Ending& ending);

}  // namespace sse::pub
