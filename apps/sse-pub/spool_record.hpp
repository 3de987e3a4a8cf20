#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sse-pub/batch.hpp"

namespace sse::pub {

/// An event in the spool with the identity it keeps however often it is sent.
struct SpooledEvent {
  OutgoingEvent event;
  std::string key;
  std::uint64_t number = 0;
};

/// Says that what stands before `offset` in the file has been sent.
struct SpoolMark {
  std::uint64_t offset = 0;
};

/// A record of the spool: one line, CRC-32C of the rest in eight hex digits, a space, and a JSON
/// object: the event object with `producer` and `number`, or `{"sent":offset}`.
using SpoolRecord = std::variant<SpooledEvent, SpoolMark>;

/// Appends event `index` of the batch, which has a key, as a line with its LF.
void append_event_record(std::string& out, const Batch& batch, std::size_t index);
/// Appends the mark as a line with its LF.
void append_mark_record(std::string& out, const SpoolMark& mark);

/// The JSON text of a line without its LF. nullopt: damaged.
std::optional<std::string_view> checked_payload(std::string_view line);
/// Whether such a text is a mark's.
bool is_mark(std::string_view payload);
/// Reads such a text. nullopt: not a record of this program.
std::optional<SpoolRecord> read_payload(std::string_view payload);

}  // namespace sse::pub
