#pragma once

#include <cstddef>
#include <string>

#include "sse-pub/target.hpp"

namespace sse::pub {

/// What became of all events of a run.
struct Tally {
  BatchResult::Outcome outcome = BatchResult::Outcome::accepted;
  std::string reason;        ///< of the failure that ended it
  std::size_t accepted = 0;  ///< events the server answered for
  std::size_t refused = 0;   ///< events the server refused
  std::size_t unknown = 0;   ///< sent, no answer: may have been accepted
  std::size_t not_sent = 0;  ///< certainly not accepted
  std::size_t spooled = 0;   ///< in the spool at the end
  std::string spool_error;   ///< why the spool failed; empty: it did not

  std::size_t total() const noexcept { return accepted + refused + unknown + not_sent; }
};

}  // namespace sse::pub
