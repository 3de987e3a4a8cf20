#pragma once

#include <cstdint>
#include <string>

#include "http/http2_head.hpp"
#include "server/http2/session.hpp"
#include "server/stream.hpp"

namespace sse::server {

class Http2Connection;

/// One stream of an HTTP/2 connection: a request, its answer, perhaps an event stream.
class Http2Stream final : public Stream {
 public:
  Http2Stream(Http2Connection& connection, Http2Session::Id id, std::int64_t window);

  Http2Session::Id id() const noexcept { return id_; }
  int fd() const noexcept override;
  int direct_fd() const noexcept override { return kStaged; }
  ssize_t write(const iovec* pieces, std::size_t count) noexcept override;
  void respond(const http::Response& answer, bool keep_alive) override;
  void respond_head(const http::StreamHead& head) override;
  void send_continue() noexcept override;
  std::string start_head(const http::StreamHead& head) override;

  // For the connection.
  void add_header(std::string_view name, std::string_view value);
  void head_complete(bool last);
  void add_body(std::string_view bytes);
  void body_complete() { request_complete_ = true; }
  bool has_all_of_request() const noexcept { return request_complete_; }
  /// Does what the request, as far as it has come, asks for.
  void serve();
  /// The peer has ended it, or the whole connection: there is nobody to send frames to.
  void mark_gone() noexcept { gone_ = true; }
  /// Closes what is gone.
  void ended() noexcept;
  using Stream::writable;

  std::int64_t window;  ///< DATA bytes the peer takes
  /// Where it is in the connection's lists.
  std::uint32_t index = 0;
  static constexpr std::uint32_t kNowhere = UINT32_MAX;
  std::uint32_t waiting_index = kNowhere;
  bool wants_writable = false;
  bool queued = false;  ///< to be served

 protected:
  void arm(bool input, bool output) noexcept override;
  void release(Close how) noexcept override;
  void flush_answer() override;
  bool is_idle() const noexcept override { return state_ == State::lingering; }
  bool counts_for_browsers() const noexcept override { return false; }

 private:
  struct Http2Exchange;

  Http2Exchange& http2() const noexcept;
  void finish();
  void send_head(int status, const http::HeaderList& headers);

  Http2Connection& connection_;
  const Http2Session::Id id_;
  bool gone_ = false;       ///< no frame is to be sent any more
  bool head_sent_ = false;  ///< of the answer
  bool end_sent_ = false;   ///< of the answer, ahead of that of the request
  bool request_complete_ = false;
};

}  // namespace sse::server
