#pragma once

#include <cstdint>

#include "sse-bench/event_scanner.hpp"
#include "sse-bench/sequence_tracker.hpp"

namespace sse::bench {

/// One subscription, about 130 bytes, whatever connection carries it. Owned by one reader thread.
struct Stream {
  enum class State : std::uint8_t { waiting, opening, open, ended, failed };

  State state = State::waiting;
  std::uint32_t received = 0;  ///< different events
  std::uint32_t channel = 0;   ///< counted from 0
  ScanState scan;
  SequenceTracker sequence;
};

}  // namespace sse::bench
