#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "sse-bench/http_session.hpp"
#include "sse-bench/stream_requests.hpp"

namespace sse::bench {

/// HTTP/2 (RFC 9113) with one or many streams on the connection.
///
/// The requests are sent when the server's SETTINGS have come, so that streams it does not allow
/// are not asked for: those end at once. Windows are large and refilled by the half, as a reader
/// that measures takes everything at once; body bytes go to the events uncopied.
class Http2Session final : public HttpSession {
 public:
  /// For streams first_stream, first_stream + 1 and so on; the first is on `first_channel`, the
  /// others take turns. `requests` and `events` must outlive it.
  Http2Session(const StreamRequests& requests, std::uint32_t first_stream, std::uint32_t streams,
               std::uint32_t first_channel, StreamEvents& events);
  ~Http2Session() override;

  Result<void> receive(std::string_view bytes) override;
  std::string_view output() override;

  struct State;  ///< seen by nghttp2's callbacks

 private:
  std::unique_ptr<State> state_;
};

}  // namespace sse::bench
