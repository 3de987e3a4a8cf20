#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "hub/channel.hpp"
#include "net/send_ring.hpp"

namespace sse::server {

class Stream;
class Worker;

/// A stream's place on a channel: its cursor, and what a send needs to know, in one cache line
/// half.
struct Seat {
  Stream* stream;
  std::uint64_t cursor;   ///< next byte of the log to send
  int fd;                 ///< one's complement while set aside
  std::uint32_t sent_ms;  ///< loop time of the last send, low bits

  /// Not for the passes: see Stream::Wait.
  bool is_aside() const noexcept { return fd < 0; }
  /// What Stream::direct_fd() said.
  int target() const noexcept { return is_aside() ? ~fd : fd; }
};

/// All streams of one worker on one channel, and the sending of what is new to them.
///
/// Every stream not set aside is caught up, or will be visited in the pass under way. A pass begins
/// anywhere, so that nobody is always last, visits each seat once and sends it all that waits, in
/// one send; news that comes meanwhile starts the count again where the pass stands, so a busy
/// server sends seldom and much. Worker thread only, but for appended() and reached().
class FanOut final : public hub::ChannelListener {
 public:
  FanOut(Worker& worker, std::shared_ptr<hub::Channel> channel);
  ~FanOut() override;

  /// Any thread: puts itself on the worker's list.
  void appended() noexcept override;
  std::uint64_t reached() const noexcept override;
  bool is_flooded() const noexcept override;

  hub::Channel& channel() const noexcept { return *channel_; }
  const std::shared_ptr<hub::Channel>& shared_channel() const noexcept { return channel_; }
  const hub::LogView& view() const noexcept { return view_; }
  std::size_t size() const noexcept { return seats_.size(); }
  /// The last event before the pass under way: every stream in it has got that one.
  hub::Seq served_seq() const noexcept { return served_seq_; }
  bool has_ended() const noexcept { return ended_; }
  bool pending() const noexcept { return visits_left_ > 0; }

  /// `merged`: the stream is on other channels, too.
  std::uint32_t join(Stream& stream, std::uint64_t cursor, bool merged);
  void leave(std::uint32_t seat);
  /// Takes a seat out of the passes / back into them. `eager`: its socket takes all it is given.
  void set_aside(std::uint32_t seat, bool eager) noexcept;
  void take_back(std::uint32_t seat, bool eager) noexcept;
  Seat& seat(std::uint32_t index) noexcept { return seats_[index]; }

  /// Takes over what the log has got; every seat is to be visited.
  void refresh();
  /// What a send costs, in units of a frame staged for a send of many.
  static constexpr std::size_t kSendWork = 4;
  /// Goes on with the pass; returns the work done, at most about `work_max`.
  std::size_t flush(std::size_t work_max);
  /// Sends a caught-up or writable single-channel stream what waits for it, up to the budget of a
  /// turn. Returns false when the connection was closed.
  bool deliver(std::uint32_t index);

  /// Heartbeats for streams silent for so long. Takes its sends off `sends_left`; with none left it
  /// stops, and goes on there the next time. Returns true when the round is complete.
  bool beat(std::uint32_t now_ms, std::uint32_t silence_ms, std::size_t& sends_left);
  /// Looks for streams set aside whose cursor was overrun.
  void check_overruns();
  /// Brings reached() and is_flooded() up to date: a walk over all seats.
  void look_how_far();

  /// Events as numbers and ends from `offset` on, for streams that merge channels; see
  /// hub::EventLog::entries_from().
  std::uint64_t entries(std::uint64_t offset, std::vector<hub::LogEntry>& out) const;

  static constexpr std::size_t kEntriesMax = 256;  ///< of one entries() call

  std::size_t aside = 0;     ///< seats set aside
  bool dirty = false;        ///< on the worker's inbox; guarded by its lock
  bool active = false;       ///< on the worker's list of passes under way
  bool pressed = false;      ///< on the worker's list of those somebody waits for
  bool forgettable = false;  ///< on the worker's list of those without seats

 private:
  static constexpr std::size_t kPieces = 16;  ///< segments in one send

  std::size_t go_round(std::size_t work_max);
  std::size_t go_round_batched(net::SendRing& ring, std::size_t work_max);
  bool may_batch(const net::SendRing& ring) const noexcept;
  bool visit(std::uint32_t index, std::size_t& work);
  bool needs_nothing(const Seat& seat) const noexcept;
  std::string_view batchable(const Seat& seat) const noexcept;
  void settle_batch(std::span<const net::SendRing::Sent> sent,
                    std::span<const std::uint32_t> seats);
  bool is_merged(const Seat& seat) const noexcept;
  bool is_closing() const noexcept;
  void fetch_ahead() const noexcept;
  bool settle(Seat& seat, std::size_t asked, ssize_t sent);
  void look_for_flood();
  bool is_flood(std::span<std::uint64_t> cursors) const;
  void lower_reached(std::uint64_t offset) noexcept;

  Worker& worker_;
  std::shared_ptr<hub::Channel> channel_;
  hub::LogView view_;
  std::vector<Seat> seats_;
  hub::Seq served_seq_ = 0;
  std::size_t next_ = 0;         ///< seat the pass comes to next
  std::size_t visits_left_ = 0;  ///< seats the pass has still to visit
  std::size_t beat_next_ = 0;
  std::size_t merged_ = 0;  ///< seats of streams on several channels
  std::size_t eager_ = 0;   ///< seats set aside whose socket takes all it is given
  std::atomic<std::uint64_t> reached_;
  std::atomic<bool> flooded_{false};
  bool ended_ = false;
};

}  // namespace sse::server
