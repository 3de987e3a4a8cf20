#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sse/event_parser.hpp>

#include "sse-pub/event_reader.hpp"

namespace sse::pub {

/// The input is an event stream (WHATWG HTML 9.2.5), as `sse-tail -o sse` writes it.
///
/// An event carries an id when the last event ID string changed since the event before it, so that
/// an id is never given to two events; a `retry` field goes with the event that follows it.
/// Comments are dropped. An event the input ends in the middle of is an error.
class SseReader final : public EventReader {
 public:
  explicit SseReader(std::size_t event_bytes_max);
  Result<void> feed(std::string_view bytes, std::vector<OutgoingEvent>& out) override;
  Result<void> finish(std::vector<OutgoingEvent>& out) override;
  std::string_view unit() const noexcept override { return "event"; }

 private:
  void take_event(std::vector<OutgoingEvent>& out);

  std::size_t event_bytes_max_;
  EventParser parser_;
  std::string last_id_;
  std::optional<std::uint64_t> retry_ms_;
  std::size_t number_ = 0;
};

}  // namespace sse::pub
