#include "server/worker.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "net/address.hpp"
#include "server/connection.hpp"
#include "server/http2/http2_connection.hpp"

namespace sse::server {

thread_local const Worker* Worker::current_ = nullptr;

Worker::Worker(Shared& shared, const Router& router, unsigned index)
    : shared_(shared),
      router_(router),
      index_(index),
      poller_(loop_),
      turn_end_(loop_, [this] { turn_end(); }),
      wake_(loop_,
            [this] {
              if (drain_asked_.load() && !draining_) start_drain();
              if (room_made_.exchange(false)) retry_held();
              run_tasks();
            }),
      sweep_(loop_, [this] { sweep(); }),
      drain_deadline_(loop_, [this] { abort_all(); }),
      look_again_(loop_, [] {}),
      share_bytes_(shared.options.turn_bytes_max),
      random_(monotonic_ns() ^ (0x9e3779b97f4a7c15u * (index + 1))) {
  sweep_.start(tick_ms(), tick_ms());
}

Worker::~Worker() {
  acceptors_.clear();
  abort_all();
  forget_emptied();
  empty_graveyard();
  for (const auto& channel : awaited_) hub().forget_room(*channel, *this);
}

void Worker::add_listener(Fd fd, const Listener& listener) {
  acceptors_.push_back(std::make_unique<Acceptor>(*this, std::move(fd), listener));
}

void Worker::run() {
  bind_to_cpu();
  open_ring();
  loop_.run();
  ring_.reset();
}

void Worker::bind_to_cpu() {
  const std::vector<int>& cpus = options().cpus;
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpus[index_ % cpus.size()]), &set);
  if (const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set); error != 0)
    shared_.log("--cpu-affinity: cannot run on CPU " + std::to_string(cpus[index_ % cpus.size()]) +
                ": " + std::strerror(error));
}

// In the thread that will use it.
void Worker::open_ring() {
  if (options().io == Io::send) return;
  if (auto ring = net::SendRing::open())
    ring_ = std::move(*ring);
  else if (options().io == Io::uring)
    shared_.log("--io uring: " + ring.error().message + "; sending one by one");
}

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

void Worker::room() noexcept {
  room_made_.store(true);
  wake_.wake();
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return;
  }
  wake_.wake();
}

void Worker::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks.swap(tasks_);
  }
  const InTurn in_turn(*this);
  for (const auto& task : tasks) task();
}

std::uint64_t Worker::add_ticket(Stream& stream) {
  tickets_.emplace(++last_ticket_, &stream);
  return last_ticket_;
}

Stream* Worker::take_ticket(std::uint64_t ticket) noexcept {
  const auto found = tickets_.find(ticket);
  if (found == tickets_.end()) return nullptr;
  Stream* const stream = found->second;
  tickets_.erase(found);
  return stream;
}

std::uint64_t Worker::random() noexcept {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

std::uint64_t Worker::jittered_retry_ms() noexcept {
  const std::uint64_t base = options().retry_ms;
  return base - base / 4 + random() % (base / 2 + 1);
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
  std::unique_ptr<net::TlsSession> tls;
  if (listener.tls) tls = std::make_unique<net::TlsSession>(shared_.tls(), number);
  auto* connection = new Connection(*this, Transport(std::move(fd), std::move(tls)),
                                    listener);  // freed by the graveyard
  if (poller_.add(number, EPOLLIN, *connection))
    watch_deadline(*connection);
  else
    connection->close();
}

void Worker::watch_deadline(Timed& timed) {
  timed.list_index = timed_.size();
  timed_.push_back(&timed);
}

void Worker::forget_deadline(Timed& timed) noexcept {
  const std::size_t index = timed.list_index;
  if (index >= timed_.size() || timed_[index] != &timed) return;
  timed_[index] = timed_.back();
  timed_[index]->list_index = index;
  timed_.pop_back();
}

void Worker::add_laggard(Stream& stream) {
  stream.list_index = laggards_.size();
  laggards_.push_back(&stream);
}

void Worker::forget_laggard(Stream& stream) noexcept {
  const std::size_t index = stream.list_index;
  laggards_[index] = laggards_.back();
  laggards_[index]->list_index = index;
  laggards_.pop_back();
}

bool Worker::await_room(const std::shared_ptr<hub::Channel>& channel) {
  if (hub().await_room(*channel, *this)) return true;
  if (std::find(awaited_.begin(), awaited_.end(), channel) == awaited_.end())
    awaited_.push_back(channel);
  return false;
}

// In the order they came. Those on a channel still without room are held again.
void Worker::retry_held() {
  const InTurn in_turn(*this);
  std::vector<Stream*> now = std::exchange(held_, {});
  for (const auto& channel : std::exchange(awaited_, {})) hub().forget_room(*channel, *this);
  for (Stream* stream : now)
    if (stream->state() == Stream::State::request) stream->retry();
}

void Worker::may_forget(FanOut& fan_out) {
  if (!std::exchange(fan_out.forgettable, true)) emptied_.push_back(&fan_out);
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
    if (fan_out->channel().is_awaited() && !std::exchange(fan_out->pressed, true))
      pressed_.push_back(fan_out);
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
  send_staged();
  serve_laggards();
  look_at_pressed();
  beat();
  send_staged();
  forget_emptied();
  empty_graveyard();
  turn_end_.keep_turning(!active_.empty() || !laggards_.empty() || !beating_.empty());
  if (draining_ && stats_.connections.get() == 0) loop_.stop();
}

// Closing a connection closes its streams, which may have output on no other.
void Worker::send_staged() {
  while (!staged_.empty())
    for (Http2Connection* connection : std::exchange(staged_, {})) connection->send_staged();
}

std::string Worker::take_buffer() {
  std::string buffer;
  if (buffers_.empty()) {
    buffer.reserve(kBufferBytes);
  } else {
    buffer = std::move(buffers_.back());
    buffers_.pop_back();
  }
  return buffer;
}

void Worker::give_buffer(std::string buffer) {
  buffer.clear();
  if (buffers_.size() < kBuffersMax) buffers_.push_back(std::move(buffer));
}

void Worker::speak_http2(Transport transport, const Listener& listener, std::string_view bytes) {
  auto* connection =
      new Http2Connection(*this, std::move(transport), listener);  // freed by the graveyard
  connection->take_input(bytes);
}

void Worker::flush() {
  constexpr std::size_t kWork = kSendsPerTurn * FanOut::kSendWork;
  std::size_t work = 0;
  while (!active_.empty() && work < kWork) {
    FanOut* fan_out = active_.front();
    active_.pop_front();
    work += fan_out->flush(kWork - work);
    fan_out->active = fan_out->pending();
    if (fan_out->active) active_.push_back(fan_out);
  }
  if (ring_ && ring_->is_broken()) {
    shared_.log("io_uring failed; sending one by one from here on");
    ring_.reset();
  }
}

// What is new goes first: laggards get little of a turn in which passes are under way, and never so
// much that news would wait for long. Each visit may take the connection off the list and put
// another one in its place.
void Worker::serve_laggards() {
  if (laggards_.empty()) return;
  const std::size_t turn_bytes_max = options().turn_bytes_max;
  share_bytes_ = active_.empty() ? turn_bytes_max : turn_bytes_max / kBusyPart;
  const std::uint64_t before = stats_.bytes.get();
  std::size_t visits = std::min(laggards_.size(), kSendsPerTurn);
  for (; visits > 0 && !laggards_.empty() && stats_.bytes.get() - before < share_bytes_; --visits) {
    if (next_laggard_ >= laggards_.size()) next_laggard_ = 0;
    Stream* const stream = laggards_[next_laggard_];
    stream->go_on();
    if (next_laggard_ < laggards_.size() && laggards_[next_laggard_] == stream) ++next_laggard_;
  }
  share_bytes_ = turn_bytes_max;
}

void Worker::look_at_pressed() {
  if (pressed_.empty()) return;
  std::erase_if(pressed_, [](FanOut* fan_out) {
    return !(fan_out->pressed = fan_out->channel().is_awaited());
  });
  for (FanOut* fan_out : pressed_) {
    fan_out->look_how_far();
    hub().made_room(fan_out->channel());
  }
  if (pressed_.empty())
    look_again_.stop();
  else
    look_again_.start(kLookAgainMs);
}

}  // namespace sse::server
