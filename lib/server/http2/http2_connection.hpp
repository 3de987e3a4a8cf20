#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/poller.hpp"
#include "server/http2/closed_streams.hpp"
#include "server/http2/frame_gate.hpp"
#include "server/http2/session.hpp"
#include "server/stream.hpp"
#include "server/timed.hpp"
#include "server/transport.hpp"

namespace sse::server {

class Http2Stream;

/// A connection that speaks HTTP/2 and the streams on it.
///
/// Frames are staged, and leave together in one send at the end of a batch of work: hundreds of
/// streams that get the same event cost one system call. DATA frames are made here, from the logs'
/// bytes, so the windows are kept here too; all else is the session's. Nothing is kept for a peer
/// that takes no more: its streams lag, each at its cursor. Belongs to its worker's thread.
class Http2Connection final : public Timed, public net::Pollable, private Http2Session::Events {
 public:
  /// Takes over an accepted socket that the poller watches.
  Http2Connection(Worker& worker, Transport transport, const Listener& listener);
  ~Http2Connection() override;

  /// What came before the connection was this one.
  void take_input(std::string_view bytes);
  void ready(std::uint32_t events) noexcept override;
  void timed_out() override;
  void drain() override;
  void abort() noexcept override;

  Worker& worker() const noexcept { return worker_; }
  const Listener& listener() const noexcept { return listener_; }
  int fd() const noexcept { return transport_.fd(); }
  /// For what is to be sent: it will be, at the end of this batch of work.
  Http2Session& session() noexcept;

  // For its streams.
  /// Makes DATA frames of what the windows and the socket allow. Bytes taken, or -EAGAIN.
  ssize_t send_data(Http2Stream& stream, const iovec* pieces, std::size_t count) noexcept;
  /// The stream wants to know when it can send again.
  void await_writable(Http2Stream& stream) noexcept;
  void forget_waiting(Http2Stream& stream) noexcept;
  /// The stream is closed.
  void forget(Http2Stream& stream) noexcept;
  void terminate(Http2Error why);
  /// Takes no new streams, and ends with the last of those it has.
  void leave() noexcept;

  /// Sends what is staged, and does what could not be done in the middle of other work.
  void send_staged();

  bool staged = false;  ///< on the worker's list

 private:
  /// So much is staged before it is sent without waiting for more.
  static constexpr std::size_t kStageBytes = 32u << 10;
  static constexpr std::size_t kFrameBytes = 16384;  ///< what every peer takes
  static constexpr std::int64_t kWindowMax = INT32_MAX;

  void head_began(Http2Session::Id id) override;
  void header(Http2Session::Id id, std::string_view name, std::string_view value) override;
  void head_complete(Http2Session::Id id, bool last) override;
  void body(Http2Session::Id id, std::string_view bytes) override;
  void body_complete(Http2Session::Id id) override;
  void reset(Http2Session::Id id) override;
  void closed(Http2Session::Id id) override;
  void initial_window(std::uint32_t bytes) override;

  Http2Stream* stream(Http2Session::Id id) const noexcept;
  void queue(Http2Stream& stream);
  void readable();
  bool read_once();
  bool take_step(const FrameGate::Step& step);
  bool is_flood(const FrameGate::Step& step);
  Http2Stream* stream_of(const FrameGate::Step& step) const noexcept;
  bool may_be_widened(std::uint32_t stream) const noexcept;
  std::optional<Http2Error> fault(const FrameGate::Step& step) const;
  void widen(const FrameGate::Step& step);
  bool widen(Http2Stream& stream, std::int64_t bytes);
  void widen_all(std::int64_t bytes);
  void serve_queued();
  void bury_ended();
  void wake(Http2Stream& stream) noexcept;
  void wake_waiting();
  bool bring_output() noexcept;
  bool send_out() noexcept;
  void stage() noexcept;
  void writable();
  void look_idle() noexcept;
  void give_room_back();
  void finish_if_over();
  void close(bool drop) noexcept;

  Worker& worker_;
  Transport transport_;
  const Listener listener_;
  Http2Session session_;
  FrameGate gate_;
  std::uint32_t last_stream_ = 0;  ///< highest the peer has tried to open
  ClosedStreams closed_streams_;
  std::string out_;         ///< frames staged, or what the socket did not take of them
  std::size_t sent_ = 0;    ///< bytes at the front of out_ that have left
  bool blocked_ = false;    ///< the socket takes no more
  bool failed_ = false;     ///< nothing can be sent any more
  bool lingering_ = false;  ///< all is said, the peer has still to read it
  bool leaving_ = false;    ///< the peer was told to open no more streams
  bool closed_ = false;
  bool session_dirty_ = false;            ///< it may have output
  std::int64_t window_ = 65'535;          ///< DATA bytes the peer takes on all streams together
  std::int64_t initial_window_ = 65'535;  ///< ... on a new one
  std::int64_t wider_ = 0;                ///< change of it that streams have not been told
  std::vector<Http2Stream*> streams_;
  std::vector<Http2Stream*> waiting_;  ///< for the socket or for window_
  std::vector<Http2Stream*> queued_;   ///< to be served
  std::vector<Http2Stream*> ended_;    ///< by the peer, or by the session
  std::uint64_t control_second_ = 0;   ///< in which control frames were counted
  std::uint32_t control_frames_ = 0;
};

}  // namespace sse::server
