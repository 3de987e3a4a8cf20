#include "server/worker.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "net/address.hpp"

namespace sse::server {

thread_local const Worker* Worker::current_ = nullptr;

Worker::Worker(Shared& shared, const Router& router, unsigned index)
    : shared_(shared),
      router_(router),
      poller_(loop_),
      turn_end_(loop_, [this] { turn_end(); }),
      wake_(loop_,
            [this] {
              if (drain_asked_.load() && !draining_) start_drain();
            }),
      sweep_(loop_, [this] { sweep(); }),
      drain_deadline_(loop_, [this] { abort_all(); }),
      random_(monotonic_ns() ^ (0x9e3779b97f4a7c15u * (index + 1))) {
  sweep_.start(tick_ms(), tick_ms());
}

Worker::~Worker() {
  acceptors_.clear();
  abort_all();
  forget_emptied();
  empty_graveyard();
}

void Worker::add_listener(Fd fd, const Listener& listener) {
  acceptors_.push_back(std::make_unique<Acceptor>(*this, std::move(fd), listener));
}

void Worker::run() { loop_.run(); }

void Worker::drain() noexcept {
  drain_asked_.store(true);
  wake_.wake();
}

void Worker::mark_dirty(FanOut& fan_out) noexcept {
  {
    const std::lock_guard lock(inbox_mutex_);
    if (fan_out.dirty) return;
    fan_out.dirty = true;
    inbox_.push_back(&fan_out);
    if (woken_ || current_ == this) return;
    woken_ = true;
  }
  wake_.wake();
}

std::uint64_t Worker::jittered_retry_ms() noexcept {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const std::uint64_t base = options().retry_ms;
  return base - base / 4 + random_ % (base / 2 + 1);
}

FanOut& Worker::fan_out(const std::shared_ptr<hub::Channel>& channel) {
  std::unique_ptr<FanOut>& slot = fan_outs_[channel.get()];
  if (!slot) slot = std::make_unique<FanOut>(*this, channel);
  return *slot;
}

void Worker::activate(FanOut& fan_out) {
  if (fan_out.active || !fan_out.pending()) return;
  fan_out.active = true;
  active_.push_back(&fan_out);
}

void Worker::accepted(Fd fd, const Listener& listener) {
  const int number = fd.get();
  auto* connection = new Connection(*this, std::move(fd), listener);  // freed by the graveyard
  if (poller_.add(number, EPOLLIN, *connection))
    watch_deadline(*connection);
  else
    connection->close();
}

void Worker::watch_deadline(Connection& connection) {
  connection.list_index = requests_.size();
  requests_.push_back(&connection);
}

void Worker::forget_deadline(Connection& connection) noexcept {
  const std::size_t index = connection.list_index;
  if (index >= requests_.size() || requests_[index] != &connection) return;
  requests_[index] = requests_.back();
  requests_[index]->list_index = index;
  requests_.pop_back();
}

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

// The number is read first: an event up to it was announced to its channel's listeners before, so
// its fan-out is either on the inbox now or has been refreshed already.
void Worker::take_inbox() {
  std::vector<FanOut*> news;
  const hub::Seq position = hub().position();
  {
    const std::lock_guard lock(inbox_mutex_);
    woken_ = false;
    news.swap(inbox_);
    for (FanOut* fan_out : news) fan_out->dirty = false;
  }
  watermark_ = position;
  for (FanOut* fan_out : news) {
    fan_out->refresh();
    activate(*fan_out);
  }
}

void Worker::catch_up() { take_inbox(); }

void Worker::turn_end() {
  bool news;
  {
    const std::lock_guard lock(inbox_mutex_);
    news = !inbox_.empty();
    woken_ = woken_ && news;
  }
  if (news) take_inbox();
  flush();
  beat();
  forget_emptied();
  empty_graveyard();
  turn_end_.keep_turning(!active_.empty() || !beating_.empty());
  if (draining_ && stats_.connections.get() == 0) loop_.stop();
}

void Worker::flush() {
  std::size_t sends = 0;
  while (!active_.empty() && sends < kSendsPerTurn) {
    FanOut* fan_out = active_.front();
    active_.pop_front();
    sends += fan_out->flush(kSendsPerTurn - sends);
    fan_out->active = fan_out->pending();
    if (fan_out->active) active_.push_back(fan_out);
  }
}

void Worker::beat() {
  const auto silence = static_cast<std::uint32_t>(std::max<std::uint64_t>(
      options().heartbeat_ms - std::min(options().heartbeat_ms, tick_ms()), 1));
  while (!beating_.empty()) {
    if (!beating_.back()->beat(now_ms32(), silence, kSendsPerTurn)) return;
    beating_.pop_back();
  }
}

void Worker::sweep() {
  check_deadlines();
  report_slow();
  for (const auto& acceptor : acceptors_) acceptor->resume();
  for (const auto& [channel, fan_out] : fan_outs_) {
    if (fan_out->blocked > 0) fan_out->check_overruns();
    activate(*fan_out);
  }
  if (options().heartbeat_ms == 0 || !beating_.empty()) return;
  for (const auto& [channel, fan_out] : fan_outs_) beating_.push_back(fan_out.get());
}

void Worker::check_deadlines() {
  const std::uint64_t now = now_ms();
  for (std::size_t i = 0; i < requests_.size();) {
    Connection* connection = requests_[i];
    if (connection->deadline_ms <= now) connection->timed_out();
    // Closing takes it off the list and puts another one in its place.
    if (i < requests_.size() && requests_[i] == connection) ++i;
  }
}

void Worker::start_drain() {
  draining_ = true;
  acceptors_.clear();
  for (std::size_t i = requests_.size(); i-- > 0;)
    if (requests_[i]->is_idle()) requests_[i]->close();
  for (const auto& [channel, fan_out] : fan_outs_) {
    fan_out->refresh();
    activate(*fan_out);
  }
  drain_deadline_.start(options().drain_ms);
}

void Worker::abort_all() {
  while (!requests_.empty()) requests_.back()->close(Connection::Close::abort);
  for (const auto& [channel, fan_out] : fan_outs_) {
    while (fan_out->size() > 0) {
      stats_.disconnects.shutdown.add();
      fan_out->seat(0).connection->close(Connection::Close::abort);
    }
  }
}

void Worker::forget_emptied() {
  for (FanOut* fan_out : std::exchange(emptied_, {})) {
    const auto found = std::find_if(fan_outs_.begin(), fan_outs_.end(), [&](const auto& entry) {
      return entry.second.get() == fan_out;
    });
    if (found == fan_outs_.end() || fan_out->size() > 0) continue;
    hub().unlisten(fan_out->channel(), *fan_out);
    {
      const std::lock_guard lock(inbox_mutex_);
      std::erase(inbox_, fan_out);
    }
    std::erase(active_, fan_out);
    std::erase(beating_, fan_out);
    fan_outs_.erase(found);
  }
}

void Worker::empty_graveyard() noexcept {
  for (Connection* connection : std::exchange(graveyard_, {})) delete connection;
}

std::uint64_t Worker::tick_ms() const noexcept {
  if (options().heartbeat_ms == 0) return 1000;
  return std::clamp<std::uint64_t>(options().heartbeat_ms / 8, 25, 1000);
}

}  // namespace sse::server
