#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sse::hub {

/// Position in a hub: the number of the latest event. 0 is before the first.
using Seq = std::uint64_t;

/// An id minted by a hub: `<epoch>-<seq>`. `epoch` names the life of the counter.
struct EventId {
  std::string_view epoch;  ///< 1 to 16 of [0-9a-z]; a view into the parsed text
  Seq seq = 0;
};

/// Reads `<epoch>-<seq>` exactly as format_event_id() writes it; nullopt for any other text
/// (a publisher's own id, say).
std::optional<EventId> parse_event_id(std::string_view text) noexcept;
std::string format_event_id(std::string_view epoch, Seq seq);
/// Whether the text can be an epoch: 1 to 16 of [0-9a-z].
bool is_epoch(std::string_view text) noexcept;
/// A name for a life of a counter that begins now: the time, and some chance against two that begin
/// at once.
std::string new_epoch(std::uint64_t unix_now_ms);

}  // namespace sse::hub
