#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hub/channel.hpp"

namespace sse::server {

class Connection;
class Worker;

/// A stream's place on a channel: its cursor, and what a send needs to know, in one cache line
/// half.
struct Seat {
  Connection* connection;
  std::uint64_t cursor;   ///< next byte of the log to send
  int fd;                 ///< one's complement while the socket takes no more
  std::uint32_t sent_ms;  ///< loop time of the last send, low bits

  bool blocked() const noexcept { return fd < 0; }
};

/// All streams of one worker on one channel, and the sending of what is new to them.
///
/// Every stream not blocked is caught up, or will be visited in the pass under way. A pass visits
/// each seat once and sends it all that waits, in one send; news that comes meanwhile starts the
/// count again where the pass stands, so nobody is always last and a busy server sends seldom and
/// much. Worker thread only, but for appended().
class FanOut final : public hub::ChannelListener {
 public:
  FanOut(Worker& worker, std::shared_ptr<hub::Channel> channel);
  ~FanOut() override;

  /// Any thread: puts itself on the worker's list.
  void appended() noexcept override;

  hub::Channel& channel() const noexcept { return *channel_; }
  const std::shared_ptr<hub::Channel>& shared_channel() const noexcept { return channel_; }
  const hub::LogView& view() const noexcept { return view_; }
  std::size_t size() const noexcept { return seats_.size(); }
  bool has_ended() const noexcept { return ended_; }
  bool pending() const noexcept { return visits_left_ > 0; }

  std::uint32_t join(Connection& connection, int fd, std::uint64_t cursor);
  void leave(std::uint32_t seat);
  Seat& seat(std::uint32_t index) noexcept { return seats_[index]; }

  /// Takes over what the log has got; every seat is to be visited.
  void refresh();
  /// Goes on with the pass; returns the sends made, at most about `sends_max`.
  std::size_t flush(std::size_t sends_max);
  /// Sends a caught-up or writable single-channel stream what waits for it, up to the budget of a
  /// turn. Returns false when the connection was closed.
  bool deliver(std::uint32_t index);

  /// Heartbeats for streams silent since `before_ms`; goes on where it stopped after `sends_max`.
  /// Returns true when the round is complete.
  bool beat(std::uint32_t now_ms, std::uint32_t silence_ms, std::size_t sends_max);
  /// Looks for blocked streams whose cursor was overrun.
  void check_overruns();

  /// Events as numbers and ends from `offset` on, for streams that merge channels.
  void entries(std::uint64_t offset, std::vector<hub::LogEntry>& out) const;

  static constexpr std::size_t kEntriesMax = 256;  ///< of one entries() call

  std::size_t blocked = 0;  ///< seats whose socket takes no more
  bool dirty = false;       ///< on the worker's inbox; guarded by its lock
  bool active = false;      ///< on the worker's list of passes under way

 private:
  static constexpr std::size_t kPieces = 16;  ///< segments in one send

  bool visit(std::uint32_t index, std::size_t& sends);

  Worker& worker_;
  std::shared_ptr<hub::Channel> channel_;
  hub::LogView view_;
  std::vector<Seat> seats_;
  std::size_t next_ = 0;         ///< seat the pass comes to next
  std::size_t visits_left_ = 0;  ///< seats the pass has still to visit
  std::size_t beat_next_ = 0;
  bool ended_ = false;
};

}  // namespace sse::server
