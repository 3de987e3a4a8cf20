#include "sse-pub/report.hpp"

namespace sse::pub {
namespace {

using Outcome = BatchResult::Outcome;

std::string events(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " event" : " events");
}

std::string cause(const Ending& ending) {
  const Tally& tally = ending.tally;
  if (!tally.spool_error.empty()) return tally.spool_error;
  switch (tally.outcome) {
    case Outcome::unreachable:
      return "cannot connect to " + ending.target + ": " + tally.reason;
    case Outcome::refused:
    case Outcome::not_now:
      return ending.target + " refused: " + tally.reason;
    case Outcome::lost:
      return "no answer from " + ending.target + ": " + tally.reason;
    case Outcome::interrupted:
      return "interrupted";
    case Outcome::accepted:
      break;
  }
  return ending.input_error.empty() ? ending.receivers_problem : ending.input_error;
}

// "3 events wait in the spool".
std::string spooled(std::size_t count) {
  return events(count) + (count == 1 ? " waits" : " wait") + " in the spool";
}

// "3 events accepted, 2 refused, ...". Empty when the cause alone says it all: one event, not
// taken.
std::string counts(const Ending& ending) {
  const Tally& tally = ending.tally;
  const bool plain = tally.accepted == 0 && tally.unknown == 0 && tally.spooled == 0;
  if (tally.total() <= 1 && plain && ending.all_read) return {};
  std::string text = "; " + events(tally.accepted) + " accepted";
  if (tally.refused > 0) text += ", " + std::to_string(tally.refused) + " refused";
  if (tally.unknown > 0)
    text += ", " + std::to_string(tally.unknown) + " without an answer (may have been accepted)";
  if (tally.not_sent > 0) text += ", " + std::to_string(tally.not_sent) + " not sent";
  if (tally.spooled > 0) text += ", " + spooled(tally.spooled);
  if (!ending.all_read) text += "; the rest of the input was not read";
  return text;
}

}  // namespace

std::string describe(const Ending& ending) {
  std::string text = cause(ending);
  if (!text.empty()) return text + counts(ending);
  if (ending.tally.spooled == 0) return text;
  return spooled(ending.tally.spooled) + " (" + ending.target + ": " + ending.tally.reason + ")";
}

cli::Exit exit_status(const Ending& ending) {
  if (!ending.tally.spool_error.empty()) return cli::Exit::failure;
  switch (ending.tally.outcome) {
    case Outcome::accepted:
      break;
    case Outcome::refused:
    case Outcome::not_now:
      return cli::Exit::refused;
    case Outcome::unreachable:
      return ending.tally.accepted == 0 ? cli::Exit::connect : cli::Exit::failure;
    case Outcome::lost:
    case Outcome::interrupted:
      return cli::Exit::failure;
  }
  if (ending.input_error.empty() && ending.receivers_problem.empty()) return cli::Exit::ok;
  if (ending.too_few) return cli::Exit::ended_early;
  return ending.invalid ? cli::Exit::usage : cli::Exit::failure;
}

}  // namespace sse::pub
