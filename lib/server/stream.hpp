#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.hpp"
#include "http/response.hpp"
#include "http/stream_head.hpp"
#include "hub/hub.hpp"
#include "server/body_budget.hpp"
#include "server/browser_streams.hpp"
#include "server/fan_out.hpp"
#include "server/replay.hpp"
#include "server/timed.hpp"

namespace sse::server {

class Worker;

/// What a connection needs to know of where it came in.
struct Listener {
  bool local = false;  ///< only this machine can reach it
  bool unix_socket = false;
  bool tls = false;
  bool above_max = false;  ///< all places were taken: only for a page under /-/
};

/// Request and response under way. Freed when an event stream is open.
struct Exchange {
  explicit Exchange(BodyBudget& bodies) : body(bodies) {}
  virtual ~Exchange() = default;

  /// The request as far as it has come.
  virtual http::Request& request() noexcept = 0;
  /// The answer is on its way.
  bool is_answered() const noexcept { return answered || !out.empty(); }
  /// The answer is awaited or on its way: no further request is to be taken.
  bool is_busy() const noexcept { return held || ticket != 0 || is_answered(); }
  /// The answer is known. Before it goes out, so that whoever has it finds room for another body.
  void drop_request() noexcept {
    request().body = {};
    body.resize(0);
    was_held = false;
  }

  BodyShare body;                         ///< of the request under way
  std::string out;                        ///< answer bytes the peer has not taken yet
  bool answered = false;                  ///< and perhaps out, but not through TLS yet
  bool held = false;                      ///< the request waits for Worker::retry_held()
  bool was_held = false;                  ///< it did, and is counted
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
  const FanOut* pending_of = nullptr;         ///< whose log it was cut from, if from any
  hub::Seq position = 0;                      ///< last event sent before the peer took no more
};

/// One who asks: a request, its answer, and perhaps an event stream until its end. A whole HTTP/1.1
/// connection (requests one after the other) or one stream of an HTTP/2 connection.
///
/// Small, because there are thousands: an event stream on one channel is this and a Seat, no
/// buffer, no timer. Belongs to its worker's thread; closed at once, freed at the end of the turn.
class Stream : public Timed {
 public:
  enum class State : std::uint8_t {
    request,
    lingering,  ///< all is answered, the peer has still to come to an end
    opening,    ///< the head of a stream is out, what it starts with is awaited or under way
    streaming,
    closed
  };
  /// What closing does to bytes the peer has not taken: deliver or drop.
  enum class Close { orderly, abort };
  /// In place of a descriptor: bytes go through write(), and leave from there ...
  static constexpr int kIndirect = std::numeric_limits<int>::max();
  /// ... or leave later, with those of other streams.
  static constexpr int kStaged = kIndirect - 1;
  static constexpr bool is_direct(int fd) noexcept { return fd < kStaged; }

  Stream(Worker& worker, const Listener& listener) : worker_(worker), listener_(listener) {}

  State state() const noexcept { return state_; }
  const Listener& listener() const noexcept { return listener_; }
  Worker& worker() const noexcept { return worker_; }
  /// The socket, perhaps of many streams.
  virtual int fd() const noexcept = 0;
  /// Where to send the bytes of this stream, kIndirect or kStaged.
  virtual int direct_fd() const noexcept = 0;
  /// Hands on bytes of the answer: how many were taken, or a negative errno, -EAGAIN when none can
  /// be now (wants_writable() then says when).
  virtual ssize_t write(const iovec* pieces, std::size_t count) noexcept = 0;

  // For the router.
  /// Sends an answer. Afterwards the connection takes the next request or closes.
  virtual void respond(const http::Response& answer, bool keep_alive) = 0;
  /// The answer to HEAD of an event stream.
  virtual void respond_head(const http::StreamHead& head) = 0;
  /// Sends an interim answer (100 Continue); the request goes on.
  virtual void send_continue() noexcept = 0;
  /// Begins the answer that is an event stream. Returns what has to go before its first byte.
  virtual std::string start_head(const http::StreamHead& head) = 0;
  /// The request under way. Precondition: state() is request or opening.
  const http::Request& request() const noexcept { return exchange_->request(); }
  Exchange& exchange() noexcept { return *exchange_; }
  /// The request, complete, cannot be answered yet: the worker will hand it in again.
  void hold();
  void retry();
  /// The request, or the stream that is opening, waits for an answer from elsewhere, at most so
  /// long. Returns the ticket to come back with: see Worker::take_ticket().
  std::uint64_t await(std::uint64_t patience_ms);
  /// The answer came; null if it is none for a publisher: the request is handed in again.
  void answered(std::optional<redis::Receipt> receipt);
  /// Sends the head of a stream (and what may follow it), ahead of where it starts. The request
  /// stays. False when the stream was closed.
  bool begin_opening(std::string_view bytes);
  /// Becomes an event stream: sends `opening` (head, prime block, gap event), then the channels'
  /// logs.
  void open(std::span<const std::shared_ptr<hub::Channel>> channels, const hub::Start& start,
            std::string opening);
  void close(Close how = Close::orderly) noexcept;

  void timed_out() final;
  void drain() final;
  void abort() noexcept final;

  // For FanOut.
  bool is_merged() const noexcept { return extra_ && !extra_->seats.empty(); }
  /// Sends what waits on several channels, in the order of their numbers, up to `watermark`.
  bool deliver_merged(hub::Seq watermark);
  void seat_moved(const FanOut& fan_out, std::uint32_t from, std::uint32_t to) noexcept;
  /// Sends bytes that are in no log (heartbeat, gap event). False when the stream was closed.
  bool send_aside(std::string_view bytes);
  /// Why a stream is not visited by its channels' passes.
  enum class Wait : std::uint8_t {
    none,
    socket,    ///< the peer takes no more
    writable,  ///< it does again: the stream is among the worker's laggards
    turn,      ///< so too, but it takes all it is given: nothing but the server is behind
  };
  /// Leaves the passes. `cut` is the rest of a frame under way, if any, from the log of `of`, if
  /// from any; without an owner it is copied.
  void set_aside(Wait wait, hub::LogView::Cut cut, const FanOut* of = nullptr);
  Wait waits_for() const noexcept { return wait_; }
  /// A laggard's turn: sends what the budget of a turn allows.
  void go_on();
  /// A send failed for good, with this errno: closes.
  void write_failed(int error);
  /// The cursor was overrun: does what the slow policy says. False when it closed the stream.
  bool overrun();
  /// Nothing is left to send and nothing more will come: closes, if so.
  bool close_if_ended();
  bool caught_up() const noexcept;
  /// The rest of an event of this channel that the socket did not take whole, which the cursor is
  /// past.
  std::size_t cut_bytes(const FanOut& of) const noexcept {
    return extra_ && extra_->pending_of == &of ? extra_->pending.size() : 0;
  }
  /// Something was sent: silence is counted from here.
  void touch(std::uint32_t now_ms) noexcept;
  /// What write() took is on its way: nothing is kept back for a peer that takes no more.
  virtual bool flush() noexcept { return true; }

 protected:
  /// Whether to be told, by writable(), that write() takes bytes again. Input is taken as well if
  /// `input` says so.
  virtual void arm(bool input, bool output) noexcept = 0;
  /// Ends what carries the stream. The last that is called.
  virtual void release(Close how) noexcept = 0;
  /// The answer goes on where input of this stream may wait.
  virtual void take_waiting_input() {}
  /// The request phase: the rest of the answer.
  virtual void flush_answer() = 0;
  /// Nothing of a request has come, or all of it was answered.
  virtual bool is_idle() const noexcept = 0;
  /// Ends the stream with an error: what the peer sends next is not known.
  void refuse(int status, std::string_view reason, http::HeaderList headers = {});
  /// The peer takes bytes again.
  void writable();
  /// Counts the end of an event stream that its client, or a dead line, brought about.
  void count_disconnect(int error) noexcept;

  Worker& worker_;
  State state_ = State::request;
  const Listener listener_;
  std::unique_ptr<Exchange> exchange_;

 private:
  ssize_t write(std::string_view bytes) noexcept;
  void flush_opening();
  void opening_timed_out();
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
  /// A browser has but six of its kind to a host.
  virtual bool counts_for_browsers() const noexcept = 0;

  Wait wait_ = Wait::none;
  FanOut* fan_out_ = nullptr;  ///< of a stream on one channel
  std::uint32_t seat_ = 0;
  BrowserStreams::Key browser_ = 0;  ///< of a stream
  std::unique_ptr<StreamExtra> extra_;
};

}  // namespace sse::server
