#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <sse/event.hpp>

namespace sse::wire {

/// The fast way through blocks of which nothing has to be kept or told besides the event: they lie
/// whole in the chunk, are valid UTF-8, end their lines with LF or CRLF, and have no `retry`, one
/// data line at most, and an `id` only with data.
struct PlainBlocks {
  std::size_t field_bytes_max;  ///< longer field lines are none of a plain block
  bool comments;                ///< neither are comments: they are to be reported

  /// Takes plain blocks off the front of `bytes`, where a block begins, until `events` is full.
  /// Returns how many events they dispatched. `id` is the last event ID string; all other views lie
  /// in `bytes`.
  std::size_t take(std::string_view& bytes, std::span<Event> events, std::string_view id) const;
};

}  // namespace sse::wire
