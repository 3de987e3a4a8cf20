#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <sse/encoder.hpp>

#include "base/result.hpp"

namespace sse::pub {

/// An event on its way from the input to the server.
struct OutgoingEvent {
  std::string channel;
  std::optional<std::string> event;
  std::optional<std::string> id;
  std::optional<std::uint64_t> retry_ms;
  std::string data;
  std::optional<std::uint64_t> time_ms;  ///< when it was recorded, since the Unix epoch
  std::size_t number = 0;  ///< which line or record of the input it is, from 1; 0: the only one

  /// Views into this object.
  EventFields fields() const noexcept;
  /// About what it takes in memory and on the wire, in bytes.
  std::size_t size() const noexcept;
};

/// Whether the event may be published: its channel name, then what sse::validate() finds. The error
/// names the field.
Result<void> check_event(const OutgoingEvent& event);

}  // namespace sse::pub
