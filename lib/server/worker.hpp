#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hub/hub.hpp"
#include "net/loop.hpp"
#include "net/poller.hpp"
#include "server/acceptor.hpp"
#include "server/body_budget.hpp"
#include "server/fan_out.hpp"
#include "server/options.hpp"
#include "server/shared.hpp"
#include "server/stats.hpp"
#include "server/stream.hpp"
#include "server/transport.hpp"

namespace sse::server {

class Http2Connection;
class Router;

/// One thread of the server: a loop, its listeners, its connections, and the fan-outs they sit on.
/// Shares nothing with other workers but the hub's logs.
///
/// A turn of the loop handles a batch of input, then sends: publishes of the turn leave together,
/// and a long pass is cut into batches so that input is served in between.
class Worker final : public hub::RoomListener {
 public:
  Worker(Shared& shared, const Router& router, unsigned index);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Before run(): takes over a listening socket.
  void add_listener(Fd fd, const Listener& listener);
  /// Runs until a drain is complete.
  void run();
  /// Any thread: stop accepting, let streams take what is left, close them, return from run().
  void drain() noexcept;
  /// Any thread: the fan-out's log has grown.
  void mark_dirty(FanOut& fan_out) noexcept;
  /// Any thread: have the task run on this worker's.
  void post(std::function<void()> task);
  /// Any thread: held publishers may try again.
  void room() noexcept override;

  // The rest: this worker's thread only.
  net::Loop& loop() noexcept { return loop_; }
  net::Poller& poller() noexcept { return poller_; }
  hub::Hub& hub() noexcept { return shared_.hub; }
  Shared& shared() noexcept { return shared_; }
  const Options& options() const noexcept { return shared_.options; }
  const Router& router() const noexcept { return router_; }
  /// Sends in batches; null if they are made one by one.
  net::SendRing* ring() noexcept { return ring_.get(); }
  WorkerStats& stats() noexcept { return stats_; }
  const WorkerStats& stats() const noexcept { return stats_; }
  bool draining() const noexcept { return draining_; }
  std::uint64_t now_ms() const noexcept { return loop_.now_ms(); }
  std::uint32_t now_ms32() const noexcept { return static_cast<std::uint32_t>(loop_.now_ms()); }
  /// Every event up to this number is in the views of the fan-outs refreshed this turn.
  hub::Seq watermark() const noexcept { return watermark_; }
  /// What one stream may be sent at once.
  std::size_t share_bytes() const noexcept { return share_bytes_; }
  /// Longest silence on a stream that is opening.
  std::uint64_t opening_silence_ms() const noexcept {
    return options().heartbeat_ms == 0 ? 3'600'000 : options().heartbeat_ms;
  }
  /// Scratch space for reads; contents do not outlive a callback.
  std::array<char, 64u << 10>& read_buffer() noexcept { return read_buffer_; }
  /// Evenly spread, and no secret.
  std::uint64_t random() noexcept;
  /// `retry` for a new stream: the configured time, +-25 %.
  std::uint64_t jittered_retry_ms() noexcept;

  FanOut& fan_out(const std::shared_ptr<hub::Channel>& channel);
  void may_forget(FanOut& fan_out);
  void activate(FanOut& fan_out);
  /// Brings the watermark and the views up to date in the middle of a turn.
  void catch_up();

  void accepted(Fd fd, const Listener& listener);
  /// Puts something under the sweep's deadlines / takes it out.
  void watch_deadline(Timed& timed);
  void forget_deadline(Timed& timed) noexcept;
  /// Streams that get a share of every turn, one after the other, apart from the passes.
  void add_laggard(Stream& stream);
  void forget_laggard(Stream& stream) noexcept;
  /// Whether the channel's streams are near enough to its end for more events. If not, the caller
  /// holds its request; see retry_held().
  bool await_room(const std::shared_ptr<hub::Channel>& channel);
  void add_held(Stream& stream) { held_.push_back(&stream); }
  void forget_held(Stream& stream) noexcept { std::erase(held_, &stream); }
  /// A name for a stream that waits for an answer from elsewhere: good also when the stream is
  /// gone.
  std::uint64_t add_ticket(Stream& stream);
  void forget_ticket(std::uint64_t ticket) noexcept { tickets_.erase(ticket); }
  /// The stream, if it still waits. Takes the ticket back.
  Stream* take_ticket(std::uint64_t ticket) noexcept;
  /// HTTP/2 connections with output, to be sent at the end of a batch of work.
  void add_staged(Http2Connection& connection) { staged_.push_back(&connection); }
  /// Room to stage output in. Given back when it is out.
  std::string take_buffer();
  void give_buffer(std::string buffer);
  /// The connection begins as HTTP/2: takes over its socket and what came on it.
  void speak_http2(Transport transport, const Listener& listener, std::string_view bytes);
  /// A slow client was disconnected: the log says so, in one line for all of a sweep.
  void note_slow(int fd);
  /// A client that is still there cannot agree on TLS: likewise.
  void note_handshake(int fd, std::string_view why);
  /// Takes what is closed, to free it at the end of the turn.
  void bury(Timed& closed) { graveyard_.push_back(&closed); }

  /// Marks that a turn end is sure to follow, so that publishing need not wake the loop.
  class InTurn {
   public:
    explicit InTurn(const Worker& worker) noexcept : before_(current_) { current_ = &worker; }
    ~InTurn() { current_ = before_; }

   private:
    const Worker* before_;
  };

 private:
  static constexpr std::size_t kSendsPerTurn = 256;
  /// While passes are under way laggards get this part of what they get otherwise.
  static constexpr std::size_t kBusyPart = 8;
  static constexpr std::uint64_t kLookAgainMs = 50;
  static constexpr std::size_t kBufferBytes = 56u << 10;
  static constexpr std::size_t kBuffersMax = 4;  ///< kept for another use

  void open_ring();
  void bind_to_cpu();
  void take_inbox();
  void turn_end();
  void send_staged();
  void flush();
  void serve_laggards();
  void look_at_pressed();
  void retry_held();
  void run_tasks();
  void beat();
  void sweep();
  void check_deadlines();
  void report_slow();
  void report_handshakes();
  void start_drain();
  void abort_all();
  void forget_emptied();
  void empty_graveyard() noexcept;
  std::uint64_t tick_ms() const noexcept;

  static thread_local const Worker* current_;

  Shared& shared_;
  const Router& router_;
  const unsigned index_;
  WorkerStats stats_;
  net::Loop loop_;
  net::Poller poller_;
  net::TurnEnd turn_end_;
  net::Async wake_;
  net::Timer sweep_;
  net::Timer drain_deadline_;
  net::Timer look_again_;  ///< runs while somebody waits for room, so that turns come
  std::unique_ptr<net::SendRing> ring_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::unordered_map<hub::Channel*, std::unique_ptr<FanOut>> fan_outs_;
  std::vector<Timed*> timed_;      ///< under the deadlines
  std::vector<Timed*> graveyard_;  ///< closed this turn
  std::vector<Stream*> laggards_;
  std::vector<Http2Connection*> staged_;
  std::vector<std::string> buffers_;  ///< not in use
  std::size_t next_laggard_ = 0;
  std::size_t share_bytes_;
  std::vector<Stream*> held_;                           ///< publishers that wait for room
  std::vector<std::shared_ptr<hub::Channel>> awaited_;  ///< channels this is a room listener of
  std::unordered_map<std::uint64_t, Stream*> tickets_;
  std::uint64_t last_ticket_ = 0;
  std::vector<FanOut*> emptied_;
  std::vector<FanOut*> pressed_;  ///< of channels somebody waits for
  std::deque<FanOut*> active_;    ///< passes under way, in turn
  std::vector<FanOut*> beating_;  ///< heartbeat rounds under way
  hub::Seq watermark_ = 0;
  std::size_t slow_count_ = 0;         ///< disconnected since the last report
  std::string slow_peer_;              ///< the first of them
  std::size_t handshakes_failed_ = 0;  ///< since the last report
  std::string handshake_failure_;      ///< the first of them: who and why
  bool draining_ = false;
  std::uint64_t random_;
  std::array<char, 64u << 10> read_buffer_;

  std::mutex tasks_mutex_;
  std::vector<std::function<void()>> tasks_;
  std::mutex inbox_mutex_;
  std::vector<FanOut*> inbox_;
  bool woken_ = false;
  std::atomic<bool> drain_asked_{false};
  std::atomic<bool> room_made_{false};
};

}  // namespace sse::server
