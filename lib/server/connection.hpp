#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "http/request_parser.hpp"
#include "hub/hub.hpp"
#include "net/poller.hpp"
#include "server/body_budget.hpp"
#include "server/browser_streams.hpp"
#include "server/fan_out.hpp"
#include "server/replay.hpp"

namespace sse::server {

class Worker;

/// What a connection needs to know of where it came in.
struct Listener {
  bool local = false;  ///< only this machine can reach it
  bool unix_socket = false;
  bool above_max = false;  ///< all places were taken: only for a page under /-/
};

/// Request and response under way on a connection. Freed when the connection becomes a stream.
struct Exchange {
  Exchange(const http::RequestLimits& limits, BodyBudget& bodies) : parser(limits), body(bodies) {}

  http::RequestParser parser;
  BodyShare body;   ///< of the request in the parser
  std::string in;   ///< received before the request under way was answered
  std::string out;  ///< answer bytes the socket has not taken yet
  bool close_after = false;
  bool held = false;                      ///< the request waits for Worker::retry_held()
  std::uint64_t ticket = 0;               ///< the request waits for an answer from elsewhere
  std::optional<redis::Receipt> receipt;  ///< it came: to a publisher
  std::unique_ptr<Replay> replay;         ///< of a stream that reads history from elsewhere
  std::vector<std::shared_ptr<hub::Channel>> channels;  ///< of that stream
  bool primed = false;                                  ///< the replay has told where it begins
  bool news_awaited = false;  ///< all that was published before the request is here
};

/// Where a stream sits: one per channel.
struct SeatRef {
  FanOut* fan_out;
  std::uint32_t seat;
};

/// Bytes of one channel's log, in the order they are to leave.
struct LogPiece {
  SeatRef ref;
  std::uint64_t from;
  std::uint64_t to;
};

/// What only some streams have: several channels, a frame cut by a full socket, or a lag.
struct StreamExtra {
  std::vector<SeatRef> seats;                 ///< of a stream on several channels
  std::shared_ptr<const void> pending_owner;  ///< keeps `pending` alive
  std::string_view pending;                   ///< goes out before anything from the log
  hub::Seq position = 0;                      ///< last event sent before the socket was full
};

/// One accepted socket: first a sequence of requests, then perhaps a stream until its end.
///
/// Small, because there are thousands: a stream on one channel is this and a Seat, no buffer, no
/// timer. Belongs to its worker's thread; closed at once, freed at the end of the turn.
class Connection final : public net::Pollable {
 public:
  enum class State : std::uint8_t {
    request,
    lingering,
    opening,  ///< the head of a stream is out, what it starts with is awaited or under way
    streaming,
    closed
  };
  /// What closing does to bytes the peer has not taken: deliver or drop.
  enum class Close { orderly, abort };

  Connection(Worker& worker, Fd fd, const Listener& listener);
  ~Connection();

  void ready(std::uint32_t events) noexcept override;

  State state() const noexcept { return state_; }
  int fd() const noexcept { return fd_.get(); }
  const Listener& listener() const noexcept { return listener_; }
  Worker& worker() const noexcept { return worker_; }
  std::uint64_t deadline_ms = 0;  ///< of the request phase
  std::size_t list_index = 0;     ///< in the worker's list of requests, or of laggards

  /// Sends an answer (head and body). Afterwards the connection takes the next request or closes.
  void respond(std::string bytes, bool keep_alive);
  /// The request, complete, cannot be answered yet: the worker will hand it in again.
  void hold();
  void retry();
  /// The request, or the stream that is opening, waits for an answer from elsewhere, at most so
  /// long. Returns the ticket to come back with: see Worker::take_ticket().
  std::uint64_t await(std::uint64_t patience_ms);
  /// The answer came; null if it is none for a publisher: the request is handed in again.
  void answered(std::optional<redis::Receipt> receipt);
  /// Sends the head of a stream (and what may follow it), ahead of where it starts. The request
  /// stays. False when the connection was closed.
  bool begin_opening(std::string_view bytes);
  /// The exchange under way. Precondition: state() is request or opening.
  Exchange& exchange() noexcept { return *exchange_; }
  /// Sends an interim answer (100 Continue); the request goes on.
  void send_interim(std::string_view bytes) noexcept;
  /// Becomes a stream: sends `opening` (head, prime block, gap event), then the channels' logs.
  void open_stream(std::span<const std::shared_ptr<hub::Channel>> channels, const hub::Start& start,
                   std::string opening);
  void close(Close how = Close::orderly) noexcept;
  /// The deadline of the request phase passed.
  void timed_out();
  /// Between requests: nothing of the next one has come.
  bool is_idle() const noexcept;

  // For FanOut.
  bool is_merged() const noexcept { return extra_ && !extra_->seats.empty(); }
  /// Sends what waits on several channels, in the order of their numbers, up to `watermark`.
  bool deliver_merged(hub::Seq watermark);
  void seat_moved(const FanOut& fan_out, std::uint32_t from, std::uint32_t to) noexcept;
  /// Sends bytes that are in no log (heartbeat, gap event). False when the connection was closed.
  bool send_aside(std::string_view bytes);
  /// Why a stream is not visited by its channels' passes.
  enum class Wait : std::uint8_t {
    none,
    socket,    ///< the socket takes no more
    writable,  ///< it does again: the stream is among the worker's laggards
    turn,      ///< so too, but it takes all it is given: nothing but the server is behind
  };
  /// Leaves the passes. `cut` is the rest of a frame under way, if any.
  void set_aside(Wait wait, hub::LogView::Cut cut);
  Wait waits_for() const noexcept { return wait_; }
  /// A laggard's turn: sends what the budget of a turn allows.
  void go_on();
  /// A send failed for good: closes.
  void write_failed();
  /// The cursor was overrun: does what the slow policy says. False when it closed the connection.
  bool overrun();
  /// Nothing is left to send and nothing more will come: closes, if so.
  bool close_if_ended();
  bool caught_up() const noexcept;
  /// Something was sent: silence is counted from here.
  void touch(std::uint32_t now_ms) noexcept;

 private:
  std::atomic<std::size_t>& places_taken() const noexcept;
  void readable();
  void writable();
  void take_input(std::string_view bytes);
  bool take_message(std::string_view& bytes);
  void take_waiting_input();
  void refuse(int status, std::string_view reason, http::HeaderList headers = {});
  void flush_answer();
  void flush_opening();
  void opening_timed_out();
  void answer_sent();
  void linger();
  void arm(std::uint32_t events) noexcept;
  void rejoin();
  void end_wait() noexcept;
  void refresh_views();
  hub::Seq last_sent() const;
  bool skip_ahead();
  bool advance_merged(std::span<const LogPiece> pieces, std::uint64_t sent, bool limited);
  bool send_pending();
  bool deliver_all();
  void leave_channels() noexcept;
  StreamExtra& extra();
  template <class Visitor>
  void each_seat(Visitor visit) const;

  Worker& worker_;
  Fd fd_;
  State state_ = State::request;
  const Listener listener_;
  Wait wait_ = Wait::none;
  std::unique_ptr<Exchange> exchange_;
  FanOut* fan_out_ = nullptr;  ///< of a stream on one channel
  std::uint32_t seat_ = 0;
  BrowserStreams::Key browser_ = 0;  ///< of a stream
  std::unique_ptr<StreamExtra> extra_;
};

}  // namespace sse::server
