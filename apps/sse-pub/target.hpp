#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sse-pub/batch.hpp"
#include "sse-pub/receivers.hpp"

namespace sse::pub {

/// What became of a batch of events. Events are taken in order: the accepted ones, then those
/// concerned by the failure, then those not sent.
struct BatchResult {
  enum class Outcome {
    accepted,     ///< all of them
    refused,      ///< the server said no and would again
    not_now,      ///< the server said no for now (busy, its back end away)
    unreachable,  ///< no connection
    lost,         ///< the connection failed, or the answer did not come in time
    interrupted,
  };
  Outcome outcome = Outcome::accepted;
  std::size_t accepted = 0;
  std::size_t accepted_first = 0;  ///< of these, how many stand before any that was not
  std::size_t refused = 0;         ///< events the server answered with a refusal
  std::size_t unknown = 0;         ///< events sent without an answer: they may have been accepted
  std::string reason;
  /// Whether another try may succeed.
  bool may_pass() const noexcept {
    return outcome == Outcome::unreachable || outcome == Outcome::not_now ||
           outcome == Outcome::lost;
  }

  std::vector<std::string> answers;  ///< lines of JSON in the target's AnswerStyle
};

/// Where events go: a server of the suite, Redis, or a dry run.
class Target {
 public:
  virtual ~Target() = default;
  /// Connects where that can be done without sending an event; so an unreachable server is noticed
  /// before the first event is there.
  virtual BatchResult connect() { return {}; }
  /// Sends the events in order and waits for the answers.
  virtual BatchResult send(const Batch& batch) = 0;
  /// Of the channel of the last event, once that was accepted. Error: nobody can tell.
  virtual Result<Receivers> receivers() { return fail(name() + " counts no streams"); }
  /// The server for messages, without secrets.
  virtual std::string name() const = 0;
};

}  // namespace sse::pub
