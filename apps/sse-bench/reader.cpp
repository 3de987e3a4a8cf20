#include "sse-bench/reader.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>

#include "base/clock.hpp"

namespace sse::bench {
namespace {

using State = Stream::State;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kBatch = 512;      // sockets handled between two looks at the opener and the stop
constexpr int kIdleTurnMs = 50;  // how late a stop may be noticed
constexpr int kRampTurnMs = 1;

// Only this thread writes, so no read-modify-write is needed.
template <class T>
void add(std::atomic<T>& counter, T amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

Reader::Reader(const OpenPlan& plan, const PayloadCodec& codec, const Schedule& schedule,
               std::size_t first_stream, std::size_t streams)
    : plan_(plan),
      schedule_(schedule),
      scanner_(codec),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      streams_(streams),
      opener_(plan, streams_, first_stream, epoll_.get()),
      buffer_(kReadBytes) {}

Reader::~Reader() {
  request_stop();
  join();
}

void Reader::start() {
  thread_ = std::thread([this] { run(); });
}

void Reader::join() {
  if (thread_.joinable()) thread_.join();
}

void Reader::run() {
  tid_ = ::gettid();
  std::array<epoll_event, kBatch> events;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (progress_.opened_ns.load(std::memory_order_relaxed) == 0) opening_turn();
    const int ready = ::epoll_wait(epoll_.get(), events.data(), kBatch, turn_timeout_ms());
    for (int i = 0; i < ready; ++i)
      handle(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
  }
}

int Reader::turn_timeout_ms() const {
  const bool ramping =
      plan_.per_second > 0 && progress_.opened_ns.load(std::memory_order_relaxed) == 0;
  return ramping ? kRampTurnMs : kIdleTurnMs;
}

void Reader::opening_turn() {
  opener_.turn(monotonic_ns());
  const auto& failed = opener_.tally().failed;
  progress_.failed.store(std::accumulate(failed.begin(), failed.end(), 0u),
                         std::memory_order_relaxed);
  if (opener_.done()) progress_.opened_ns.store(monotonic_ns(), std::memory_order_release);
}

void Reader::handle(std::size_t index) {
  if (streams_[index].state == State::connecting)
    opener_.connected(index, monotonic_ns());
  else if (streams_[index].fd)
    read(index);
}

void Reader::read(std::size_t index) {
  Stream& stream = streams_[index];
  const ssize_t n = ::recv(stream.fd.get(), buffer_.data(), buffer_.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    if (stream.state == State::open) return end(stream);
    return opener_.cut(index, n < 0 ? errno : 0);
  }
  const std::uint64_t now_ns = monotonic_ns();
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n));
  if (stream.state == State::awaiting_head) {
    if (!opener_.answered(index, bytes, now_ns)) return;
    add(progress_.open, 1u);
  }
  deliver(stream, bytes, now_ns);
}

void Reader::deliver(Stream& stream, std::string_view bytes, std::uint64_t now_ns) {
  ++tally_.reads;
  tally_.bytes += bytes.size();
  std::string_view piece;
  ScannedEvent event;
  while (stream.body.next(bytes, piece))
    while (scanner_.next(stream.scan, piece, event)) count(stream, event, now_ns);
  if (stream.body.done() || stream.body.malformed()) end(stream);
}

void Reader::count(Stream& stream, const ScannedEvent& event, std::uint64_t now_ns) {
  using Reading = PayloadCodec::Reading;
  using Arrival = SequenceTracker::Arrival;
  if (event.reading != Reading::valid) {
    ++(event.reading == Reading::corrupt ? tally_.corrupt : tally_.foreign);
    return;
  }
  const auto channels = static_cast<std::uint32_t>(plan_.requests.size());
  if (event.stamp.seq % channels != stream.channel) {
    ++tally_.misrouted;
    return;
  }
  const Arrival arrival = stream.sequence.see(event.stamp.seq / channels);
  if (arrival == Arrival::duplicate) {
    ++tally_.duplicates;
    return;
  }
  if (arrival == Arrival::late) ++tally_.reordered;
  count_new(stream, event.stamp, now_ns);
}

void Reader::count_new(Stream& stream, const Stamp& stamp, std::uint64_t now_ns) {
  ++stream.received;
  add(progress_.received, std::uint64_t{1});
  if (stamp.seq >= tally_.events.size())
    tally_.events.resize(std::max<std::size_t>(stamp.seq + 1, tally_.events.size() * 2));
  EventReach& reach = tally_.events[stamp.seq];
  ++reach.streams;
  reach.last_ns = now_ns;
  if (stamp.seq < schedule_.first_measured()) return;
  add(progress_.delivered, std::uint64_t{1});
  tally_.last_delivery_ns = now_ns;
  tally_.latency_from_send_ns.record(now_ns - std::min(now_ns, stamp.sent_ns));
  const std::uint64_t due_ns = schedule_.open_loop() ? schedule_.due_ns(stamp.seq) : stamp.sent_ns;
  tally_.latency_ns.record(now_ns - std::min(now_ns, due_ns));
}

void Reader::end(Stream& stream) {
  stream.fd.reset();
  stream.state = State::ended;
  progress_.received.store(progress_.received.load(std::memory_order_relaxed) - stream.received,
                           std::memory_order_relaxed);
  progress_.open.store(progress_.open.load(std::memory_order_relaxed) - 1,
                       std::memory_order_relaxed);
  add(progress_.ended, 1u);
}

}  // namespace sse::bench
