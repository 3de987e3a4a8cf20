#pragma once

#include <string_view>

namespace sse {

/// A dispatched event as a client sees it (WHATWG HTML 9.2.6, "dispatch the event").
///
/// The views belong to the EventParser that produced them and die at its next call.
struct Event {
  /// The event type; "message" when the block named none. Never empty.
  std::string_view type;
  /// The data buffer without its last LF. Valid UTF-8; may hold LF and NUL.
  std::string_view data;
  /// The last event ID string at dispatch; empty when there is none.
  std::string_view last_event_id;
};

}  // namespace sse
