#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sse/encoder.hpp>

namespace sse::redis {

/// Where an event stands in the history of its hub (docs/redis.md).
struct Place {
  std::string epoch;
  std::uint64_t seq = 0;
  std::uint64_t prev = 0;  ///< number of the event before it on its channel; 0: none
  std::uint64_t nth = 0;   ///< it is the channel's nth event
  std::uint64_t time_ms = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

/// By what a repeated event is recognised: the number of the event among those of its producer.
struct Origin {
  std::string producer;  ///< the idempotency key
  std::uint64_t number = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

/// The event a Redis message carries. Absent and empty differ, as in sse::EventFields.
struct Envelope {
  std::optional<std::string> event;
  std::optional<std::string> id;
  std::optional<std::string> data;
  std::optional<std::uint64_t> retry_ms;
  std::optional<Place> place;    ///< of an event that is in the history
  std::optional<Origin> origin;  ///< of an event that may come twice

  /// Views into this object, for sse::encode().
  EventFields fields() const noexcept;

  friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// Who published an event and which of theirs it is, so that a reader drops what it had.
struct Producer {
  std::string_view key;      ///< idempotency key; empty: none
  std::uint64_t number = 0;  ///< counts the events of that key from 1
};

/// The event object as JSON: `{"event":…,"id":…,"data":…,"retry":…}`, absent fields left out,
/// followed by `"producer":…,"number":…` when there is one. A comment is not part of it.
/// Precondition: sse::validate(fields) == nullopt, and the key is valid UTF-8.
std::string encode_envelope(const EventFields& fields, const Producer& producer = {});

/// Reads a message as an event object. nullopt when it is not one, and the message is then to be
/// taken verbatim as data: it must be a JSON object with nothing but the fields of the event object
/// (`event`, `id`, `data` strings; `retry` a whole number of milliseconds; `channel` a string and
/// `time` a string or number, both ignored), none of them twice, at least one of the first four,
/// and sse::validate() must find no fault. Besides, all of `seq`, `epoch`, `prev`, `nth` (and
/// `time`, a number then), or both of `producer` and `number`, may be there. Total: no input makes
/// it throw; nesting is not followed.
std::optional<Envelope> decode_envelope(std::string_view message);

/// What to PUBLISH so that decode_message() gives back the same event: the data verbatim when there
/// is nothing else (no producer either) and it is no JSON object itself, otherwise the event
/// object. Precondition: as for encode_envelope().
std::string encode_message(const EventFields& fields, const Producer& producer = {});

/// decode_envelope(), or the whole message as data.
Envelope decode_message(std::string_view message);

}  // namespace sse::redis
