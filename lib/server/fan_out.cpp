#include "server/fan_out.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "server/connection.hpp"
#include "server/worker.hpp"

namespace sse::server {
namespace {

constexpr std::string_view kHeartbeat = ":\n\n";

ssize_t send_pieces(int fd, iovec* pieces, std::size_t count) noexcept {
  if (count == 1) return ::send(fd, pieces->iov_base, pieces->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  return ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

FanOut::FanOut(Worker& worker, std::shared_ptr<hub::Channel> channel)
    : worker_(worker), channel_(std::move(channel)), view_(channel_->log()) {
  worker_.hub().listen(*channel_, *this);
  refresh();
}

FanOut::~FanOut() { worker_.hub().unlisten(*channel_, *this); }

void FanOut::appended() noexcept { worker_.mark_dirty(*this); }

std::uint32_t FanOut::join(Connection& connection, int fd, std::uint64_t cursor) {
  seats_.push_back({&connection, cursor, fd, worker_.now_ms32()});
  if (visits_left_ > 0) ++visits_left_;
  channel_->streams.fetch_add(1, std::memory_order_relaxed);
  return static_cast<std::uint32_t>(seats_.size() - 1);
}

void FanOut::leave(std::uint32_t index) {
  channel_->streams.fetch_sub(1, std::memory_order_relaxed);
  const auto last = static_cast<std::uint32_t>(seats_.size() - 1);
  if (index != last) {
    seats_[index] = seats_[last];
    seats_[index].connection->seat_moved(*this, last, index);
  }
  seats_.pop_back();
  // The seat that moved may have been one the pass had not come to yet.
  if (visits_left_ > 0) visits_left_ = seats_.size();
  if (seats_.empty()) worker_.may_forget(*this);
}

void FanOut::refresh() {
  // In this order: an end seen first means that the view then holds the last event.
  ended_ = worker_.hub().ended(*channel_);
  view_.refresh();
  visits_left_ = seats_.size();
}

std::size_t FanOut::flush(std::size_t sends_max) {
  std::size_t sends = 0;
  while (visits_left_ > 0 && sends < sends_max) {
    --visits_left_;
    if (next_ >= seats_.size()) next_ = 0;
    if (visit(static_cast<std::uint32_t>(next_), sends)) ++next_;
  }
  return sends;
}

// False when the seat is gone (and another one may have taken its place).
bool FanOut::visit(std::uint32_t index, std::size_t& sends) {
  Seat& seat = seats_[index];
  if (seat.blocked()) {
    if (seat.cursor >= view_.begin() || worker_.options().slow == SlowPolicy::skip) return true;
    return seat.connection->overrun();
  }
  if (seat.cursor != view_.end()) {
    ++sends;
    return seat.connection->is_merged() ? seat.connection->deliver_merged(worker_.watermark())
                                        : deliver(index);
  }
  return !(ended_ || worker_.draining()) || !seat.connection->close_if_ended();
}

bool FanOut::deliver(std::uint32_t index) {
  Seat& seat = seats_[index];
  if (seat.cursor < view_.begin()) return seat.connection->overrun();
  std::array<iovec, kPieces> pieces;
  const std::size_t count = view_.gather(seat.cursor, worker_.options().turn_bytes_max, pieces);
  const ssize_t sent = send_pieces(seat.connection->fd(), pieces.data(), count);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    worker_.stats().disconnects.error.add();
    seat.connection->close();
    return false;
  }
  if (sent > 0) {
    seat.cursor += static_cast<std::uint64_t>(sent);
    seat.sent_ms = worker_.now_ms32();
    worker_.stats().sends.add();
    worker_.stats().bytes.add(static_cast<std::uint64_t>(sent));
  }
  if (seat.cursor == view_.end())
    return !(ended_ || worker_.draining()) || !seat.connection->close_if_ended();
  hub::LogView::Cut cut = view_.cut_at(seat.cursor);
  seat.cursor += cut.bytes.size();
  seat.connection->block(std::move(cut));
  return true;
}

bool FanOut::beat(std::uint32_t now_ms, std::uint32_t silence_ms, std::size_t sends_max) {
  std::size_t sends = 0;
  while (beat_next_ < seats_.size()) {
    Seat& seat = seats_[beat_next_];
    const bool due =
        !seat.blocked() && seat.cursor == view_.end() && now_ms - seat.sent_ms >= silence_ms;
    if (due && seat.connection->caught_up()) {
      if (sends == sends_max) return false;
      ++sends;
      seat.connection->touch(now_ms);
      worker_.stats().heartbeats.add();
      if (!seat.connection->send_aside(kHeartbeat)) continue;
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
    const bool lost = seat.blocked() && seat.cursor < view_.begin();
    if (!lost || seat.connection->overrun()) ++i;
  }
}

void FanOut::entries(std::uint64_t offset, std::vector<hub::LogEntry>& out) const {
  channel_->log().entries_from(offset, kEntriesMax, out);
}

}  // namespace sse::server
