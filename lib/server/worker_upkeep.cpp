#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "net/address.hpp"
#include "server/worker.hpp"

// What a worker does from time to time, and at the end.
namespace sse::server {

void Worker::note_slow(int fd) {
  if (slow_count_++ == 0) slow_peer_ = net::peer_name(fd);
}

void Worker::report_slow() {
  const std::size_t count = std::exchange(slow_count_, 0);
  if (count == 0) return;
  const std::string who = count == 1
                              ? "slow client " + slow_peer_
                              : std::to_string(count) + " slow clients (one is " + slow_peer_ + ")";
  shared_.log(who + " disconnected: their events were evicted (see --slow, --history)");
}

void Worker::note_handshake(int fd, std::string_view why) {
  if (handshakes_failed_++ == 0) handshake_failure_ = net::peer_name(fd) + ": " + std::string(why);
}

void Worker::report_handshakes() {
  const std::size_t count = std::exchange(handshakes_failed_, 0);
  if (count == 0) return;
  const std::string others = count > 1 ? " (and " + std::to_string(count - 1) + " more)" : "";
  shared_.log("TLS handshake with " + handshake_failure_ + others);
}

void Worker::beat() {
  const auto silence = static_cast<std::uint32_t>(std::max<std::uint64_t>(
      options().heartbeat_ms - std::min(options().heartbeat_ms, tick_ms()), 1));
  std::size_t sends_left = kSendsPerTurn;
  while (!beating_.empty()) {
    if (!beating_.back()->beat(now_ms32(), silence, sends_left)) return;
    beating_.pop_back();
  }
}

void Worker::sweep() {
  check_deadlines();
  send_staged();
  report_slow();
  report_handshakes();
  for (const auto& acceptor : acceptors_) acceptor->resume();
  for (const auto& [channel, fan_out] : fan_outs_) {
    if (fan_out->aside > 0) fan_out->check_overruns();
    activate(*fan_out);
  }
  // Now that no stream is closed any more: that moves seats, of other channels too.
  LagCollector lags;
  for (const auto& [channel, fan_out] : fan_outs_)
    if (fan_out->aside > 0) lags.look_at(*fan_out);
  stats_.lag.replace(lags.take(unix_ms()));
  if (options().heartbeat_ms == 0 || !beating_.empty()) return;
  for (const auto& [channel, fan_out] : fan_outs_) beating_.push_back(fan_out.get());
}

void Worker::check_deadlines() {
  const std::uint64_t now = now_ms();
  for (std::size_t i = 0; i < timed_.size();) {
    Timed* const timed = timed_[i];
    if (timed->deadline_ms <= now) timed->timed_out();
    // Closing takes it off the list and puts another one in its place.
    if (i < timed_.size() && timed_[i] == timed) ++i;
  }
}

void Worker::start_drain() {
  draining_ = true;
  acceptors_.clear();
  for (const std::vector<Timed*> timed = timed_; Timed * each : timed) each->drain();
  for (const auto& [channel, fan_out] : fan_outs_) {
    fan_out->refresh();
    activate(*fan_out);
  }
  drain_deadline_.start(options().drain_ms);
}

void Worker::abort_all() {
  while (!timed_.empty()) timed_.back()->abort();
  for (const auto& [channel, fan_out] : fan_outs_) {
    while (fan_out->size() > 0) {
      stats_.disconnects.shutdown.add();
      fan_out->seat(0).stream->abort();
    }
  }
  wake_.wake();  // for the turn's end, which may be the last
}

void Worker::forget_emptied() {
  for (FanOut* fan_out : std::exchange(emptied_, {})) {
    fan_out->forgettable = false;
    if (fan_out->size() > 0) continue;
    hub().unlisten(fan_out->channel(), *fan_out);
    {
      const std::lock_guard lock(inbox_mutex_);
      if (fan_out->dirty) std::erase(inbox_, fan_out);
    }
    if (fan_out->active) std::erase(active_, fan_out);
    if (fan_out->pressed) std::erase(pressed_, fan_out);
    std::erase(beating_, fan_out);
    fan_outs_.erase(&fan_out->channel());
  }
}

void Worker::empty_graveyard() noexcept {
  for (Timed* closed : std::exchange(graveyard_, {})) delete closed;
}

std::uint64_t Worker::tick_ms() const noexcept {
  if (options().heartbeat_ms == 0) return 1000;
  return std::clamp<std::uint64_t>(options().heartbeat_ms / 8, 25, 1000);
}

}  // namespace sse::server
