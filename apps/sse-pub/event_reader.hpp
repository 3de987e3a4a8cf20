#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sse-pub/outgoing_event.hpp"

namespace sse::pub {

enum class InputFormat { whole, lines, null, json, recording, sse };

/// Cuts the bytes of the input into events, in whatever pieces they come.
///
/// Channel and fields the input does not give are left empty. After an error, which says what is
/// wrong and where, the reader is not to be used again; events before it have been delivered.
class EventReader {
 public:
  virtual ~EventReader() = default;
  /// Takes the next bytes and appends the events they complete.
  virtual Result<void> feed(std::string_view bytes, std::vector<OutgoingEvent>& out) = 0;
  /// The input ended.
  virtual Result<void> finish(std::vector<OutgoingEvent>& out) = 0;
  /// What OutgoingEvent::number counts: "line", "record" or "event".
  virtual std::string_view unit() const noexcept = 0;
};

/// `event_bytes_max`: the longest line, record or event, in bytes.
std::unique_ptr<EventReader> make_reader(InputFormat format, std::size_t event_bytes_max);

}  // namespace sse::pub
