#pragma once

#include <cstdint>
#include <memory>

#include "base/fd.hpp"
#include "sse-bench/body_decoder.hpp"
#include "sse-bench/event_scanner.hpp"
#include "sse-bench/response_head.hpp"
#include "sse-bench/sequence_tracker.hpp"

namespace sse::bench {

/// One subscription, about 170 bytes once it is open. Owned by one reader thread.
struct Stream {
  enum class State : std::uint8_t { waiting, connecting, awaiting_head, open, ended, failed };

  Fd fd;
  State state = State::waiting;
  std::uint32_t received = 0;  ///< different events
  std::uint32_t channel = 0;   ///< counted from 0
  std::uint64_t started_ns = 0;
  std::unique_ptr<ResponseHead> head;  ///< while awaiting_head
  BodyDecoder body;
  ScanState scan;
  SequenceTracker sequence;
};

}  // namespace sse::bench
