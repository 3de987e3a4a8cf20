#pragma once

#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "sse-bench/http_session.hpp"
#include "sse-bench/transport.hpp"

namespace sse::bench {

/// One connection and the streams it carries, which are neighbours among its reader's. Owned by one
/// reader thread.
struct Connection {
  enum class Phase : std::uint8_t { waiting, connecting, securing, talking, closed };

  Transport transport;
  std::unique_ptr<HttpSession> session;  ///< once connecting
  std::uint64_t started_ns = 0;
  std::uint64_t connected_ns = 0;
  std::uint32_t first_stream = 0;
  std::uint32_t streams = 0;
  std::uint32_t opening_streams = 0;
  std::uint32_t open_streams = 0;
  Phase phase = Phase::waiting;
  bool watched_for_room = false;  ///< its socket is polled for writing

  /// No stream is left on it.
  bool idle() const noexcept { return opening_streams + open_streams == 0; }
  /// Sends what the session has to send. Error: why the connection is over.
  Result<void> send();
  /// Hands what the transport received to the session, and sends what that leads to.
  Result<void> process(ReadBuffer& buffer);
  /// Not within a call of the session.
  void close() noexcept;
};

}  // namespace sse::bench
