#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/gap.hpp"
#include "server/socket_io.hpp"
#include "server/stream.hpp"
#include "server/worker.hpp"

// An event stream: its seats, what it waits for, and how it ends.
namespace sse::server {

namespace {

/// The rest of a frame is copied up to here; of a longer one the log's segment is kept alive, which
/// may be 16 times as large.
constexpr std::size_t kCopyMax = 16u << 10;

hub::LogView::Cut copy_of(std::string_view bytes) {
  const auto copy = std::make_shared<const std::string>(bytes);
  return {copy, *copy};
}

}  // namespace

template <class Visitor>
void Stream::each_seat(Visitor visit) const {
  if (fan_out_ != nullptr) visit(SeatRef{fan_out_, seat_});
  if (extra_)
    for (const SeatRef& ref : extra_->seats) visit(ref);
}

StreamExtra& Stream::extra() {
  if (!extra_) extra_ = std::make_unique<StreamExtra>();
  return *extra_;
}

void Stream::open(std::span<const std::shared_ptr<hub::Channel>> channels, const hub::Start& start,
                  std::string opening) {
  worker_.forget_deadline(*this);
  if (!listener_.unix_socket && counts_for_browsers())
    browser_ = worker_.shared().browsers.opened(request(), fd());
  exchange_.reset();
  state_ = State::streaming;
  worker_.stats().streams.add();
  worker_.stats().streams_total.add();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    FanOut& fan_out = worker_.fan_out(channels[i]);
    const std::uint32_t seat = fan_out.join(*this, start.offsets[i], channels.size() > 1);
    if (channels.size() == 1) {
      fan_out_ = &fan_out;
      seat_ = seat;
    } else {
      extra().seats.push_back({&fan_out, seat});
    }
  }
  const int direct = direct_fd();
  if (net::SendRing* ring = worker_.ring(); ring != nullptr && is_direct(direct) && !is_merged())
    ring->add(direct);
  // The log may have grown between the start and the views.
  if (is_merged() || start.offsets[0] > fan_out_->view().end()) refresh_views();
  if (!send_aside(opening) || wait_ != Wait::none) return;
  if (caught_up())
    close_if_ended();
  else
    set_aside(Wait::turn, {});
}

void Stream::refresh_views() {
  each_seat([&](SeatRef ref) { ref.fan_out->refresh(); });
  worker_.catch_up();
  each_seat([&](SeatRef ref) { worker_.activate(*ref.fan_out); });
}

void Stream::leave_channels() noexcept {
  worker_.stats().streams.sub();
  worker_.shared().browsers.closed(browser_);
  end_wait();
  each_seat([](SeatRef ref) { ref.fan_out->leave(ref.seat); });
  fan_out_ = nullptr;
  extra_.reset();
}

void Stream::seat_moved(const FanOut& fan_out, std::uint32_t from, std::uint32_t to) noexcept {
  if (fan_out_ == &fan_out) {
    seat_ = to;
    return;
  }
  for (SeatRef& ref : extra_->seats)
    if (ref.fan_out == &fan_out && ref.seat == from) ref.seat = to;
}

bool Stream::caught_up() const noexcept {
  if (extra_ && !extra_->pending.empty()) return false;
  bool all = true;
  each_seat([&](SeatRef ref) {
    all = all && ref.fan_out->seat(ref.seat).cursor == ref.fan_out->view().end();
  });
  return all;
}

void Stream::touch(std::uint32_t now_ms) noexcept {
  each_seat([&](SeatRef ref) { ref.fan_out->seat(ref.seat).sent_ms = now_ms; });
}

bool Stream::close_if_ended() {
  bool over = caught_up();
  each_seat([&](SeatRef ref) { over = over && (worker_.draining() || ref.fan_out->has_ended()); });
  if (!over) return false;
  auto& disconnects = worker_.stats().disconnects;
  (worker_.draining() ? disconnects.shutdown : disconnects.ended).add();
  close();
  return true;
}

void Stream::count_disconnect(int error) noexcept {
  auto& disconnects = worker_.stats().disconnects;
  (error == ETIMEDOUT ? disconnects.dead : disconnects.client).add();
}

void Stream::write_failed(int error) {
  auto& disconnects = worker_.stats().disconnects;
  (error == ETIMEDOUT ? disconnects.dead : disconnects.error).add();
  close();
}

bool Stream::send_aside(std::string_view bytes) {
  const ssize_t sent = write(bytes);
  if (is_failure(sent)) {
    write_failed(static_cast<int>(-sent));
    return false;
  }
  if (sent == static_cast<ssize_t>(bytes.size())) {
    if (!flush()) set_aside(Wait::socket, {});
    return true;
  }
  bytes.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  set_aside(Wait::socket, {nullptr, bytes});
  return true;
}

// False when it is not out yet, or the connection was closed.
bool Stream::send_pending() {
  if (!extra_ || extra_->pending.empty()) return true;
  std::string_view& pending = extra_->pending;
  const ssize_t sent = write(pending);
  if (is_failure(sent)) {
    write_failed(static_cast<int>(-sent));
    return false;
  }
  if (sent > 0) {
    pending.remove_prefix(static_cast<std::size_t>(sent));
    touch(worker_.now_ms32());
  }
  if (pending.empty()) extra_->pending_owner.reset();
  if (pending.empty() && flush()) return true;
  set_aside(Wait::socket, {});
  return false;
}

void Stream::go_on() {
  if (!flush()) return set_aside(Wait::socket, {});
  if (send_pending() && deliver_all() && caught_up() && wait_ != Wait::socket) rejoin();
}

// False when the connection was closed.
bool Stream::deliver_all() {
  if (is_merged()) return deliver_merged(worker_.watermark());
  if (fan_out_->seat(seat_).cursor == fan_out_->view().end()) return !close_if_ended();
  return fan_out_->deliver(seat_);
}

void Stream::set_aside(Wait wait, hub::LogView::Cut cut, const FanOut* of) {
  if (!cut.bytes.empty()) {
    if (!cut.owner || cut.bytes.size() <= kCopyMax) cut = copy_of(cut.bytes);
    extra().pending_of = of;
    extra().pending = cut.bytes;
    extra().pending_owner = std::move(cut.owner);
  }
  // Events up to here may be evicted while it waits, and nobody knows their numbers then.
  if (worker_.options().slow == SlowPolicy::skip)
    extra().position = std::max(extra().position, last_sent());
  if (wait_ == wait) return;
  end_wait();
  wait_ = wait;
  worker_.stats().lagging.add();
  each_seat([&](SeatRef ref) { ref.fan_out->set_aside(ref.seat, wait == Wait::turn); });
  if (wait == Wait::socket)
    arm(true, true);
  else
    worker_.add_laggard(*this);
}

void Stream::end_wait() noexcept {
  if (wait_ == Wait::none) return;
  worker_.stats().lagging.sub();
  each_seat([&](SeatRef ref) { ref.fan_out->take_back(ref.seat, wait_ == Wait::turn); });
  if (wait_ == Wait::socket)
    arm(true, false);
  else
    worker_.forget_laggard(*this);
  wait_ = Wait::none;
}

void Stream::rejoin() {
  end_wait();
  if (!is_merged()) extra_.reset();
}

// The number of the last event that is out, or in `pending`.
hub::Seq Stream::last_sent() const {
  hub::Seq last = 0;
  each_seat([&](SeatRef ref) {
    const Seat& seat = ref.fan_out->seat(ref.seat);
    last = std::max(last, ref.fan_out->channel().log().seq_at(seat.cursor));
  });
  return last;
}

bool Stream::overrun() {
  if (worker_.options().slow == SlowPolicy::skip) return skip_ahead();
  worker_.stats().disconnects.slow.add();
  worker_.note_slow(fd());
  close(Close::abort);
  return false;
}

// As if it had reconnected with the id of the last event it got, but on the open stream.
bool Stream::skip_ahead() {
  hub::Hub& hub = worker_.hub();
  std::vector<std::shared_ptr<hub::Channel>> channels;
  each_seat([&](SeatRef ref) { channels.push_back(ref.fan_out->shared_channel()); });
  hub::Seq position = std::max(last_sent(), extra_ ? extra_->position : 0);
  if (wait_ == Wait::none && !is_merged()) position = std::max(position, fan_out_->served_seq());
  const hub::Start start =
      hub.start(channels, hub::StartAfterId{hub::format_event_id(hub.epoch(), position)});
  refresh_views();
  std::size_t i = 0;
  each_seat([&](SeatRef ref) { ref.fan_out->seat(ref.seat).cursor = start.offsets[i++]; });
  worker_.stats().skipped.add();
  worker_.stats().gaps.add();
  const std::string told = start.gap ? gap_block(*start.gap) : std::string();
  if (!send_aside(told + position_block(start.epoch, start.position))) return false;
  if (wait_ == Wait::none) set_aside(Wait::turn, {});
  return true;
}

}  // namespace sse::server
