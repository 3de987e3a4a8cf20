#include "server/fan_out.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/clock.hpp"
#include "server/socket_io.hpp"
#include "server/stream.hpp"
#include "server/worker.hpp"

namespace sse::server {
namespace {

constexpr std::string_view kHeartbeat = ":\n\n";

}  // namespace

FanOut::FanOut(Worker& worker, std::shared_ptr<hub::Channel> channel)
    : worker_(worker), channel_(std::move(channel)), view_(channel_->log()), reached_(view_.end()) {
  worker_.hub().listen(*channel_, *this);
  refresh();
}

FanOut::~FanOut() { worker_.hub().unlisten(*channel_, *this); }

void FanOut::appended() noexcept { worker_.mark_dirty(*this); }

std::uint64_t FanOut::reached() const noexcept { return reached_.load(std::memory_order_acquire); }

bool FanOut::is_flooded() const noexcept { return flooded_.load(std::memory_order_acquire); }

void FanOut::lower_reached(std::uint64_t offset) noexcept {
  if (offset < reached()) reached_.store(offset, std::memory_order_release);
}

std::uint32_t FanOut::join(Stream& stream, std::uint64_t cursor, bool merged) {
  seats_.push_back({&stream, cursor, stream.direct_fd(), worker_.now_ms32()});
  if (visits_left_ > 0) ++visits_left_;
  lower_reached(cursor);
  if (merged) ++merged_;
  channel_->streams.fetch_add(1, std::memory_order_relaxed);
  return static_cast<std::uint32_t>(seats_.size() - 1);
}

void FanOut::leave(std::uint32_t index) {
  channel_->streams.fetch_sub(1, std::memory_order_relaxed);
  if (seats_[index].stream->is_merged()) --merged_;
  const auto last = static_cast<std::uint32_t>(seats_.size() - 1);
  if (index != last) {
    seats_[index] = seats_[last];
    seats_[index].stream->seat_moved(*this, last, index);
  }
  seats_.pop_back();
  // The seat that moved may have been one the pass had not come to yet.
  if (visits_left_ > 0) visits_left_ = seats_.size();
  if (seats_.empty()) worker_.may_forget(*this);
}

void FanOut::set_aside(std::uint32_t index, bool eager) noexcept {
  Seat& seat = seats_[index];
  seat.fd = ~seat.fd;
  ++aside;
  channel_->lagging.fetch_add(1, std::memory_order_relaxed);
  if (!eager) return;
  ++eager_;
  lower_reached(seat.cursor);
}

void FanOut::take_back(std::uint32_t index, bool eager) noexcept {
  seats_[index].fd = ~seats_[index].fd;
  --aside;
  channel_->lagging.fetch_sub(1, std::memory_order_relaxed);
  if (eager) --eager_;
}

void FanOut::refresh() {
  // In this order: an end seen first means that the view then holds the last event.
  ended_ = worker_.hub().ended(*channel_);
  if (visits_left_ == 0) {
    served_seq_ = view_.last_seq();
    next_ = static_cast<std::size_t>(worker_.random() % std::max<std::size_t>(seats_.size(), 1));
  }
  view_.refresh();
  visits_left_ = seats_.size();
}

std::size_t FanOut::flush(std::size_t work_max) {
  net::SendRing* const ring = worker_.ring();
  const bool batched = ring != nullptr && may_batch(*ring);
  const std::size_t work = batched ? go_round_batched(*ring, work_max) : go_round(work_max);
  if (visits_left_ > 0) return work;
  // While eager streams are set aside it stays behind the truth: look_how_far() is asked in time.
  if (eager_ == 0) reached_.store(view_.end(), std::memory_order_release);
  look_for_flood();
  return work;
}

// Staging a frame is so cheap that most of it would be waiting for the stream's memory.
void FanOut::fetch_ahead() const noexcept {
  constexpr std::size_t kSeats = 6;
  constexpr std::size_t kLine = 64;
  const std::size_t ahead = next_ + kSeats;
  if (ahead >= seats_.size() || seats_[ahead].fd != Stream::kStaged) return;
  const char* const stream = reinterpret_cast<const char*>(seats_[ahead].stream);
  __builtin_prefetch(stream);
  __builtin_prefetch(stream + kLine);
  __builtin_prefetch(stream + 2 * kLine);
}

std::size_t FanOut::go_round(std::size_t work_max) {
  std::size_t work = 0;
  while (visits_left_ > 0 && work < work_max) {
    --visits_left_;
    if (next_ >= seats_.size()) next_ = 0;
    fetch_ahead();
    if (visit(static_cast<std::uint32_t>(next_), work)) ++next_;
  }
  return work;
}

// A ring that failed still holds what it did not send. When a stream may close as soon as it has
// got everything, its seat goes, which a batch must not see. Either may begin in the middle of a
// pass.
bool FanOut::may_batch(const net::SendRing& ring) const noexcept {
  return !ring.is_broken() && !is_closing();
}

// Seats keep their places while sends to them are queued: whatever may close a stream comes after.
std::size_t FanOut::go_round_batched(net::SendRing& ring, std::size_t work_max) {
  std::size_t work = 0;
  std::array<std::uint32_t, net::SendRing::kBatch> batch;
  while (visits_left_ > 0 && work < work_max && may_batch(ring)) {
    if (next_ >= seats_.size()) next_ = 0;
    fetch_ahead();
    const auto index = static_cast<std::uint32_t>(next_);
    const std::string_view bytes = batchable(seats_[index]);
    if (bytes.empty() && !needs_nothing(seats_[index])) {
      if (ring.size() > 0) {
        settle_batch(ring.submit(), batch);
        continue;  // the seat may be another one now
      }
      --visits_left_;
      if (visit(index, work)) ++next_;
      continue;
    }
    --visits_left_;
    ++next_;
    if (bytes.empty()) continue;
    batch[ring.size()] = index;
    ring.push(seats_[index].fd, bytes);
    work += kSendWork;
    if (ring.size() == net::SendRing::kBatch) settle_batch(ring.submit(), batch);
  }
  if (ring.size() > 0) settle_batch(ring.submit(), batch);
  return work;
}

// False when the seat is gone (and another one may have taken its place).
bool FanOut::visit(std::uint32_t index, std::size_t& work) {
  Seat& seat = seats_[index];
  if (needs_nothing(seat))
    return seat.is_aside() || !is_closing() || !seat.stream->close_if_ended();
  if (seat.is_aside()) return seat.stream->overrun();
  work += seat.fd == Stream::kStaged ? 1 : kSendWork;
  return is_merged(seat) ? seat.stream->deliver_merged(worker_.watermark()) : deliver(index);
}

bool FanOut::needs_nothing(const Seat& seat) const noexcept {
  if (!seat.is_aside()) return seat.cursor == view_.end();
  return seat.cursor >= view_.begin() || worker_.options().slow == SlowPolicy::skip;
}

bool FanOut::is_merged(const Seat& seat) const noexcept {
  return merged_ > 0 && seat.stream->is_merged();
}

bool FanOut::is_closing() const noexcept { return ended_ || worker_.draining(); }

bool FanOut::deliver(std::uint32_t index) {
  Seat& seat = seats_[index];
  if (seat.cursor < view_.begin()) return seat.stream->overrun();
  std::array<iovec, kPieces> pieces;
  const std::size_t count = view_.gather(seat.cursor, worker_.share_bytes(), pieces);
  std::size_t asked = 0;
  for (std::size_t i = 0; i < count; ++i) asked += pieces[i].iov_len;
  const int fd = seat.target();
  return settle(seat, asked,
                Stream::is_direct(fd) ? send_pieces(fd, pieces.data(), count)
                                      : seat.stream->write(pieces.data(), count));
}

// What waits for a stream on this channel alone, if it is in one piece; else empty.
std::string_view FanOut::batchable(const Seat& seat) const noexcept {
  if (seat.is_aside() || !Stream::is_direct(seat.fd) || seat.cursor == view_.end() ||
      seat.cursor < view_.begin() || is_merged(seat))
    return {};
  std::array<iovec, 2> pieces;
  if (view_.gather(seat.cursor, worker_.share_bytes(), pieces) != 1) return {};
  return {static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len};
}

void FanOut::settle_batch(std::span<const net::SendRing::Sent> sent,
                          std::span<const std::uint32_t> seats) {
  std::vector<std::pair<Stream*, int>> failed;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    Seat& seat = seats_[seats[i]];
    if (is_failure(sent[i].sent))
      failed.emplace_back(seat.stream, -sent[i].sent);
    else
      settle(seat, static_cast<std::size_t>(sent[i].asked), sent[i].sent);
  }
  for (const auto& [stream, error] : failed) stream->write_failed(error);
}

// Books what a send of `asked` bytes achieved (or its error); false when the seat is gone.
bool FanOut::settle(Seat& seat, std::size_t asked, ssize_t sent) {
  if (is_failure(sent)) {
    seat.stream->write_failed(static_cast<int>(-sent));
    return false;
  }
  const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  if (taken > 0) {
    seat.cursor += taken;
    seat.sent_ms = worker_.now_ms32();
    worker_.stats().sends.add();
    worker_.stats().bytes.add(taken);
  }
  if (seat.cursor == view_.end()) {
    // The memory of a stream that is sent to directly is not touched here: it would have to be
    // fetched.
    if (seat.target() != Stream::kIndirect || seat.stream->flush())
      return !is_closing() || !seat.stream->close_if_ended();
    seat.stream->set_aside(Stream::Wait::socket, {});
    return true;
  }
  hub::LogView::Cut cut = view_.cut_at(seat.cursor);
  seat.cursor += cut.bytes.size();
  using Wait = Stream::Wait;
  seat.stream->set_aside(taken == asked ? Wait::turn : Wait::socket, std::move(cut), this);
  return true;
}

bool FanOut::beat(std::uint32_t now_ms, std::uint32_t silence_ms, std::size_t& sends_left) {
  while (beat_next_ < seats_.size()) {
    Seat& seat = seats_[beat_next_];
    const bool due =
        !seat.is_aside() && seat.cursor == view_.end() && now_ms - seat.sent_ms >= silence_ms;
    if (due && seat.stream->caught_up()) {
      if (sends_left == 0) return false;
      --sends_left;
      seat.stream->touch(now_ms);
      worker_.stats().heartbeats.add();
      if (!seat.stream->send_aside(kHeartbeat)) continue;
    }
    ++beat_next_;
  }
  beat_next_ = 0;
  return true;
}

void FanOut::check_overruns() {
  view_.refresh();
  visits_left_ = seats_.size();
  if (worker_.options().slow == SlowPolicy::skip) return;
  for (std::uint32_t i = 0; i < seats_.size();) {
    Seat& seat = seats_[i];
    const bool lost = seat.is_aside() && seat.cursor < view_.begin();
    if (!lost || seat.stream->overrun()) ++i;
  }
}

void FanOut::look_how_far() {
  std::uint64_t least = view_.end();
  for (const Seat& seat : seats_)
    if (!seat.is_aside() || seat.stream->waits_for() == Stream::Wait::turn)
      least = std::min(least, seat.cursor);
  reached_.store(least, std::memory_order_release);
  look_for_flood();
}

// A stream that does not keep up is not waited for. If half of all do not, it is the publishers who
// are too fast; but whoever stands still or is behind for longer is on a slow line, and must not
// slow others down.
void FanOut::look_for_flood() {
  const std::uint64_t wait_ms = worker_.options().flood_wait_ms;
  bool flooded = false;
  if (wait_ms > 0 && aside > seats_.size() / 2) {
    std::vector<std::uint64_t> cursors;
    cursors.reserve(seats_.size());
    for (const Seat& seat : seats_)
      if (!seat.is_aside() || worker_.now_ms32() - seat.sent_ms < wait_ms)
        cursors.push_back(seat.cursor);
    flooded = cursors.size() > seats_.size() / 2 && is_flood(cursors);
  }
  flooded_.store(flooded, std::memory_order_release);
}

// Half of these are too far behind, of events just published.
bool FanOut::is_flood(std::span<std::uint64_t> cursors) const {
  const auto median = cursors.begin() + static_cast<std::ptrdiff_t>(cursors.size() / 2);
  std::nth_element(cursors.begin(), median, cursors.end());
  const hub::EventLog::Lag lag = channel_->log().lag_at(*median);
  return lag.bytes > worker_.options().flood_bytes_max &&
         unix_ms() < lag.oldest_time_ms + worker_.options().flood_wait_ms;
}

std::uint64_t FanOut::entries(std::uint64_t offset, std::vector<hub::LogEntry>& out) const {
  return channel_->log().entries_from(offset, kEntriesMax, out);
}

}  // namespace sse::server
