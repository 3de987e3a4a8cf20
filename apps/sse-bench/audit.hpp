#pragma once

#include <cstdint>
#include <vector>

#include "base/histogram.hpp"
#include "sse-bench/reader.hpp"
#include "sse-bench/sequence_tracker.hpp"

namespace sse::bench {

/// How one stream stood at the end. Its sequence numbers count the events of its channel.
struct StreamRecord {
  bool ended = false;             ///< closed by the server
  std::uint32_t next = 0;         ///< one more than the last sequence number it got
  std::vector<SeqRange> missing;  ///< below next
  std::uint32_t channel = 0;
};

/// When an event was sent, and whether the server took it.
struct EventRecord {
  std::uint64_t sent_ns = 0;
  bool accepted = false;
  EventReach reach;  ///< over all streams
};

/// What should have arrived against what did; measured events only.
struct Audit {
  std::uint64_t published = 0;  ///< accepted by the server, or delivered to anyone
  std::uint64_t expected = 0;   ///< published events times streams that had opened
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;        ///< a later event came on the same stream, this one never
  std::uint64_t pending = 0;     ///< not there when the run ended
  std::uint64_t missed = 0;      ///< the stream had ended before
  Histogram fan_out_ns;          ///< sent to the last of the streams not ended by then
  std::uint64_t incomplete = 0;  ///< events some such stream did not get

  std::uint64_t undelivered() const noexcept { return lost + pending + missed; }
  Audit& operator+=(const Audit& other) noexcept;
};

/// `events` by the sequence number of the run; those before `first_measured` are warm-up. They went
/// to the channels in turn.
Audit audit_deliveries(const std::vector<EventRecord>& events, std::uint32_t first_measured,
                       const std::vector<StreamRecord>& streams, std::uint32_t channels = 1);

}  // namespace sse::bench
