#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sse-bench/stamp.hpp"

namespace sse::bench {

/// One event found in a stream, or what was left of it.
struct ScannedEvent {
  PayloadCodec::Reading reading = PayloadCodec::Reading::foreign;
  Stamp stamp;  ///< if valid
};

/// Where a stream stands between two reads; about 90 bytes, one per stream.
struct ScanState {
  enum class Mode : std::uint8_t { head, padding, skip, line_end };

  std::array<char, 50> head;  ///< the first bytes of a line that a read cut
  std::uint8_t head_size = 0;
  Mode mode = Mode::head;
  bool in_line = false;   ///< the current line has bytes
  bool after_cr = false;  ///< an LF now belongs to the line end already seen
  bool has_data = false;  ///< the current event has a data line
  PayloadCodec::Reading reading = PayloadCodec::Reading::foreign;
  std::uint32_t padding_seen = 0;
  Stamp stamp;
};

/// Finds the stamped events of a text/event-stream without building events: exact framing (CR, LF,
/// CRLF, cut anywhere; an event counts when its blank line has come), and each payload is compared
/// byte for byte with what was published. Immutable, so shared by all streams of all threads.
class EventScanner {
 public:
  explicit EventScanner(const PayloadCodec& codec) : codec_(codec) {}

  /// Takes bytes from the front of `rest` up to the end of the next event with data: true, and
  /// `out` is that event; false when `rest` is used up.
  bool next(ScanState& state, std::string_view& rest, ScannedEvent& out) const noexcept;

 private:
  void take_head(ScanState& state, std::string_view& rest) const noexcept;
  bool take_whole_head(ScanState& state, std::string_view& rest) const noexcept;
  void take_padding(ScanState& state, std::string_view& rest) const noexcept;
  void judge_head(ScanState& state) const noexcept;
  bool end_line(ScanState& state, std::string_view& rest, ScannedEvent& out) const noexcept;

  const PayloadCodec& codec_;
};

}  // namespace sse::bench
