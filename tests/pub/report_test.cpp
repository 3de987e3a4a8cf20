#include "sse-pub/report.hpp"

#include <doctest/doctest.h>

#include "sse-pub/receivers.hpp"

using sse::cli::Exit;
using sse::pub::Ending;
using Outcome = sse::pub::BatchResult::Outcome;

namespace {

Ending ending(Outcome outcome, std::size_t accepted, std::size_t refused, std::size_t unknown,
              std::size_t not_sent) {
  Ending out;
  out.target = "http://h";
  out.tally.outcome = outcome;
  out.tally.reason = "why";
  out.tally.accepted = accepted;
  out.tally.refused = refused;
  out.tally.unknown = unknown;
  out.tally.not_sent = not_sent;
  return out;
}

}  // namespace

TEST_CASE("all accepted is silent") {
  const Ending good = ending(Outcome::accepted, 3, 0, 0, 0);
  CHECK(describe(good).empty());
  CHECK(exit_status(good) == Exit::ok);
}

TEST_CASE("one event that was not taken needs no counts") {
  const Ending away = ending(Outcome::unreachable, 0, 0, 0, 1);
  CHECK(describe(away) == "cannot connect to http://h: why");
  CHECK(exit_status(away) == Exit::connect);
  const Ending refused = ending(Outcome::refused, 0, 1, 0, 0);
  CHECK(describe(refused) == "http://h refused: why");
  CHECK(exit_status(refused) == Exit::refused);
}

TEST_CASE("several events are counted by what became of them") {
  Ending lost = ending(Outcome::lost, 1, 0, 2, 3);
  lost.all_read = false;
  CHECK(describe(lost) ==
        "no answer from http://h: why; 1 event accepted, 2 without an answer (may have been "
        "accepted), 3 not sent; the rest of the input was not read");
  CHECK(exit_status(lost) == Exit::failure);
  CHECK(describe(ending(Outcome::refused, 4, 1, 0, 2)) ==
        "http://h refused: why; 4 events accepted, 1 refused, 2 not sent");
  CHECK(exit_status(ending(Outcome::not_now, 4, 0, 0, 2)) == Exit::refused);
  CHECK(exit_status(ending(Outcome::unreachable, 4, 0, 0, 2)) == Exit::failure);
}

TEST_CASE("an event nobody answered for is never called unaccepted") {
  CHECK(describe(ending(Outcome::lost, 0, 0, 1, 0)) ==
        "no answer from http://h: why; 0 events accepted, 1 without an answer (may have been "
        "accepted)");
}

TEST_CASE("bad input is a usage error, unreadable input a failure") {
  Ending bad = ending(Outcome::accepted, 2, 0, 0, 0);
  bad.input_error = "line 3: data: invalid UTF-8 at byte 0";
  bad.invalid = true;
  bad.all_read = false;
  CHECK(describe(bad) ==
        "line 3: data: invalid UTF-8 at byte 0; 2 events accepted; the rest of the input was not "
        "read");
  CHECK(exit_status(bad) == Exit::usage);
  bad.invalid = false;
  CHECK(exit_status(bad) == Exit::failure);
}

TEST_CASE("too few receivers are named with the numbers, and differ from unknown ones") {
  const sse::pub::Receivers one{"news", 1, "2 nodes answered"};
  CHECK(sse::pub::shortage(one, 1).empty());
  Ending few = ending(Outcome::accepted, 2, 0, 0, 0);
  few.receivers_problem = sse::pub::shortage(one, 3);
  few.too_few = true;
  CHECK(describe(few) ==
        "too few receivers: channel news has 1 stream (2 nodes answered), --require-receivers asks "
        "for 3; 2 events accepted");
  CHECK(exit_status(few) == Exit::ended_early);
  few.too_few = false;
  CHECK(exit_status(few) == Exit::failure);
}
