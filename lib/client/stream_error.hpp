#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace sse::client {

enum class ErrorKind {
  ended,             ///< the response body came to its end: the ordinary way a stream ends
  lost,              ///< a network error in an open stream
  idle,              ///< no byte for EventSourceOptions::idle_max
  unreachable,       ///< no connection, or no answer
  interrupted,       ///< EventSource::reconnect_now() gave the stream up
  no_content,        ///< status 204 after a stream: the server asks to stop
  refused,           ///< a final HTTP status, or redirects that cannot be followed
  not_event_stream,  ///< answered with something else than an event stream
  answered,          ///< the answer was no stream, and complete: plain_answers
  limit,             ///< a line or an event is larger than ParserLimits allow
  unusable,          ///< the request cannot be made at all
};

/// One `error` event: why a connection was lost or never came to be.
struct StreamError {
  ErrorKind kind;
  std::string message{};    ///< one clause, without the URL
  int status = 0;           ///< the HTTP status that caused it, or 0
  std::string body_line{};  ///< first line of a refusing or wrong answer; may hold any byte
  /// The wait before the next attempt; nullopt: the source is closed for good.
  std::optional<std::chrono::milliseconds> reconnect_in = std::nullopt;
};

}  // namespace sse::client
