#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <sse/event.hpp>
#include <sse/export.hpp>

namespace sse {

/// Upper bounds on what a parser keeps in memory. Every byte sequence is a valid stream, so these
/// are the only way parsing can fail.
struct ParserLimits {
  /// Longest field line, in bytes as received, without its end of line. Comments and unknown fields
  /// have no limit: they are not stored (a reported comment is cut to this length, at the start of
  /// a character).
  std::size_t line_bytes_max = 16u << 20;
  /// Largest data buffer of one event, in bytes after decoding, including the LF after each line.
  std::size_t event_bytes_max = 16u << 20;
};

/// What EventParser::next() reports besides events. Off by default: most callers want events only.
struct ParserReports {
  /// Report each comment line (ParseResult::comment).
  bool comments = false;
  /// Report each valid `retry` field as it takes effect (ParseResult::retry).
  bool retries = false;
  /// Report a block that set the last event ID string but carried no data (ParseResult::position).
  bool positions = false;
};

enum class ParseResult {
  need_input,      ///< all input consumed; feed() more
  event,           ///< event() holds an event
  comment,         ///< comment() holds the text after the colon
  retry,           ///< reconnection_time_ms() changed
  position,        ///< last_event_id() was set by a block without data
  line_too_long,   ///< ParserLimits::line_bytes_max exceeded; the parser stays here until reset()
  event_too_long,  ///< ParserLimits::event_bytes_max exceeded; the parser stays here until reset()
};

/// Names an error result for messages ("line longer than line_bytes_max"); empty for others.
SSE_EXPORT std::string_view describe(ParseResult result) noexcept;

/// Incremental pull parser of `text/event-stream` (WHATWG HTML 9.2.5 and 9.2.6).
///
///     parser.feed(bytes);
///     sse::ParseResult result;
///     while ((result = parser.next()) == sse::ParseResult::event) use(parser.event());
///     if (result != sse::ParseResult::need_input) fail(sse::describe(result));
///
/// Input may be cut at any byte. A blank line dispatches at once, also when it is a lone CR that
/// ends the chunk. Invalid UTF-8 becomes U+FFFD as in the Encoding standard; one leading BOM is
/// dropped. No allocation once the buffers are warm; time is linear in the input for any chunking.
///
/// Not thread-safe: one thread at a time. Movable, not copyable.
class SSE_EXPORT EventParser {
 public:
  explicit EventParser(ParserLimits limits = {}, ParserReports reports = {});
  ~EventParser();
  EventParser(EventParser&&) noexcept;
  EventParser& operator=(EventParser&&) noexcept;

  /// Gives the next piece of the body. The bytes are not copied: they must stay valid and unchanged
  /// until next() returned need_input (or an error), or until reset(). Call only when next() has
  /// returned need_input, before the first next(), or after reset().
  void feed(std::string_view bytes) noexcept;

  /// Advances to the next item. Views from earlier items are invalid afterwards.
  ParseResult next();

  /// The event of the last next() that returned ParseResult::event.
  const Event& event() const noexcept;
  /// The text of the last next() that returned ParseResult::comment, without the colon (and
  /// with a leading space, if any), decoded.
  std::string_view comment() const noexcept;

  /// The last event ID string: what a client sends as Last-Event-ID when it reconnects. Changes
  /// only when a block ends (WHATWG HTML 9.2.6: committed at dispatch, with or without data). May
  /// lie in the input until that is used up or dropped by reset().
  std::string_view last_event_id() const noexcept;
  /// The latest valid `retry` value in milliseconds, clamped to 2^53-1; nullopt if none came yet.
  std::optional<std::uint64_t> reconnection_time_ms() const noexcept;

  /// Starts a new stream (reconnect): drops everything pending, the rest of the input included,
  /// forgets BOM and error state, keeps the last event ID string and the reconnection time. The
  /// last event ID buffer starts as that string, so an ID lives on until the server changes it.
  void reset() noexcept;
  /// The same, and sets the last event ID string (e.g. to a stored position).
  void reset(std::string_view last_event_id);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sse
