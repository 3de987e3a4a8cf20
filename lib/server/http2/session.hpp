#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/request.hpp"

namespace sse::server {

/// Why a stream or a connection is ended before its time (RFC 9113 section 7).
enum class Http2Error : std::uint32_t {
  none = 0,
  protocol = 1,
  flow_control = 3,
  stream_closed = 5,
  cancel = 8,
  calm = 11,
};

/// The state of an HTTP/2 connection on the server's side but for DATA that is sent, which its user
/// frames himself: header blocks, settings, streams, and what makes a frame an error.
class Http2Session {
 public:
  using Id = std::int32_t;

  /// What comes in. Called from receive(), `closed` and `terminated` from output() too; may not
  /// call these two.
  class Events {
   public:
    virtual void head_began(Id id) = 0;
    virtual void header(Id id, std::string_view name, std::string_view value) = 0;
    /// `last`: no body follows.
    virtual void head_complete(Id id, bool last) = 0;
    virtual void body(Id id, std::string_view bytes) = 0;
    virtual void body_complete(Id id) = 0;
    /// The peer gave the stream up.
    virtual void reset(Id id) = 0;
    /// Neither side has anything more to say on the stream.
    virtual void closed(Id id) = 0;
    /// The windows of streams begin with that many bytes now.
    virtual void initial_window(std::uint32_t bytes) = 0;
    /// The peer was told that the connection ends for an error: nothing goes on.
    virtual void terminated() = 0;

   protected:
    ~Events() = default;
  };

  Http2Session(Events& events, std::uint32_t streams_max, std::size_t head_bytes_max);
  ~Http2Session();
  Http2Session(Http2Session&&) = delete;

  /// False when the connection cannot go on, not even with a GOAWAY.
  bool receive(std::string_view bytes);
  /// Appends frames to be sent until there are none left or `out` has grown to `max`.
  bool output(std::string& out, std::size_t max);
  bool has_output() const noexcept;
  /// Frames that wait for output().
  std::size_t backlog() const noexcept;
  /// Both sides have said that they are done: what is left is to send the output.
  bool is_over() const noexcept;

  // What is to be sent; output() brings it.
  void send_head(Id id, int status, const http::HeaderList& headers);
  /// No DATA comes any more, and what is left of the request is not wanted.
  void send_end(Id id);
  void reset(Id id, Http2Error why);
  /// The peer is to open no more streams.
  void go_away();
  /// So too, and nothing goes on.
  void terminate(Http2Error why);

  /// Whatever the user keeps for a stream. Null when there is none or no such stream.
  void* user_of(Id id) const noexcept;
  void set_user(Id id, void* user) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sse::server
