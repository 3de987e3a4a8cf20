#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/http2/session.hpp"

namespace sse::server {

/// The streams of a connection that were closed last: what still comes on one may have been on its
/// way when it was closed, or be an error (RFC 9113 section 5.1).
class ClosedStreams {
 public:
  /// `ended`: the peer had said all it had to say.
  void add(std::uint32_t stream, bool ended) noexcept {
    streams_[next_++ % streams_.size()] = stream << 1 | (ended ? 1u : 0u);
  }

  /// The peer has nothing more to say there.
  void end(std::uint32_t stream) noexcept {
    for (std::uint32_t& closed : streams_)
      if (closed >> 1 == stream) closed |= 1;
  }

  /// What is wrong with a head or a piece of body on a stream that is not open but may have been.
  std::optional<Http2Error> fault(std::uint32_t stream, bool head, bool last) const noexcept {
    for (const std::uint32_t closed : streams_) {
      if (closed >> 1 != stream) continue;
      if ((closed & 1) != 0) return Http2Error::stream_closed;
      // Trailers are the last there is.
      return head && !last ? std::optional(Http2Error::protocol) : std::nullopt;
    }
    return head ? std::optional(Http2Error::protocol) : std::nullopt;
  }

 private:
  std::array<std::uint32_t, 32> streams_{};
  std::size_t next_ = 0;
};

}  // namespace sse::server
