#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "sse-bench/answer.hpp"

namespace sse::bench {

/// Why a stream did not open, in the order of the exit statuses that tell of it.
enum class OpenFailure : std::uint8_t { connect, refused, not_event_stream };
inline constexpr std::size_t kOpenFailures = 3;

/// What an HttpSession tells of the streams it carries, each by its number. Views are valid during
/// the call only; the session must not be destroyed within one.
class StreamEvents {
 public:
  /// The first byte of the answer has come, be it an interim one.
  virtual void began(std::uint32_t stream) = 0;
  /// The head of the final answer has come.
  virtual void answered(std::uint32_t stream, const Answer& answer) = 0;
  virtual void received(std::uint32_t stream, std::string_view body) = 0;
  /// Nothing more will come. `failure` says what it is if there was no answer yet.
  virtual void ended(std::uint32_t stream, OpenFailure failure, std::string_view reason) = 0;

 protected:
  ~StreamEvents() = default;
};

/// HTTP on one connection, for the streams it carries: bytes in, bytes out, no I/O and no clock.
class HttpSession {
 public:
  virtual ~HttpSession() = default;

  /// Takes what the server sent. Error: why the connection cannot be used further.
  virtual Result<void> receive(std::string_view bytes) = 0;
  /// The next bytes to send, valid until the next call of any function; empty: there are none now.
  virtual std::string_view output() = 0;
};

}  // namespace sse::bench
