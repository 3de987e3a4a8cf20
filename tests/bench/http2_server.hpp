#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse-bench/http2_session.hpp"

struct nghttp2_session;

namespace sse::bench::test {

/// The other end of an Http2Session, made with nghttp2. What a function submits is sent by the next
/// exchange().
class Http2Server {
 public:
  using Fields = std::map<std::string, std::string>;

  /// `streams_max` is announced in the SETTINGS.
  explicit Http2Server(std::uint32_t streams_max = 1000);
  ~Http2Server();
  Http2Server(const Http2Server&) = delete;
  Http2Server& operator=(const Http2Server&) = delete;

  /// Lets both ends read what the other has to say until both are silent; the client in pieces of
  /// `piece` bytes. Stops at the client's first error.
  Result<void> exchange(Http2Session& client, std::size_t piece = SIZE_MAX);

  /// The requests that came, by stream identifier.
  const std::map<std::int32_t, Fields>& requests() const noexcept { return requests_; }
  /// Bytes of body the client gave back to the windows, of all streams and the connection.
  std::uint64_t refills() const noexcept { return refills_; }

  void answer(std::int32_t id, const Fields& fields);
  void send(std::int32_t id, std::string body);
  void end(std::int32_t id);
  void reset(std::int32_t id, std::uint32_t code);
  void say_goodbye(std::int32_t last_id, std::uint32_t code, std::string_view text);

 private:
  struct Callbacks;
  struct Free {
    void operator()(nghttp2_session* session) const noexcept;
  };

  std::string output();

  std::unique_ptr<nghttp2_session, Free> session_;
  std::map<std::int32_t, Fields> requests_;
  std::map<std::int32_t, std::string> bodies_;
  std::uint64_t refills_ = 0;
};

}  // namespace sse::bench::test
