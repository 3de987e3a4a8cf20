#include "sse-bench/reader.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>

#include "base/clock.hpp"

namespace sse::bench {
namespace {

using State = Stream::State;

constexpr int kBatch = 512;      // sockets handled between two looks at the opener and the stop
constexpr int kIdleTurnMs = 50;  // how late a stop may be noticed
constexpr int kRampTurnMs = 1;

// Only this thread writes, so no read-modify-write is needed.
template <class T>
void add(std::atomic<T>& counter, T amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

std::vector<Connection> divide(const OpenPlan& plan, std::size_t streams) {
  std::vector<Connection> out(plan.connections(streams));
  std::size_t first = 0;
  for (Connection& connection : out) {
    connection.first_stream = static_cast<std::uint32_t>(first);
    connection.streams = static_cast<std::uint32_t>(
        std::min<std::size_t>(plan.streams_per_connection, streams - first));
    first += connection.streams;
  }
  return out;
}

}  // namespace

Reader::Reader(const OpenPlan& plan, const PayloadCodec& codec, const Schedule& schedule,
               std::size_t first_stream, std::size_t streams)
    : plan_(plan),
      schedule_(schedule),
      scanner_(codec),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      streams_(streams),
      connections_(divide(plan, streams)),
      opener_(plan, streams_, connections_, first_stream, epoll_.get(), *this) {}

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
  using Phase = Connection::Phase;
  Connection& connection = connections_[index];
  if (connection.phase == Phase::connecting) {
    opener_.connected(index, monotonic_ns());
  } else if (connection.phase != Phase::closed) {
    if (auto served = serve(connection); !served) lose(connection, served.error().message);
  }
  if (connection.phase != Phase::closed) watch(connection, index);
}

Result<void> Reader::serve(Connection& connection) {
  if (auto received = connection.transport.receive(buffer_); !received) return received;
  now_ns_ = monotonic_ns();
  auto processed = connection.process(buffer_);
  opener_.served(connection, now_ns_);
  if (!processed) return processed;
  if (connection.idle()) connection.close();
  return {};
}

void Reader::watch(Connection& connection, std::size_t index) {
  const bool for_room = connection.transport.backlogged();
  if (for_room == connection.watched_for_room) return;
  connection.watched_for_room = for_room;
  epoll_event event{};
  event.events = for_room ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = index;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.transport.fd(), &event);
}

// The connection is over, and all its streams are.
void Reader::lose(Connection& connection, std::string_view reason) {
  for (std::uint32_t i = 0; i < connection.streams; ++i)
    if (streams_[connection.first_stream + i].state == State::open)
      end(connection.first_stream + i, reason);
  opener_.fail_all(connection, reason == kPeerClosed
                                   ? std::string(kPeerClosed) + " without an answer"
                                   : std::string(reason));
}

void Reader::began(std::uint32_t stream) { opener_.began(stream, now_ns_); }

void Reader::answered(std::uint32_t stream, const Answer& answer) {
  if (opener_.answered(stream, answer)) add(progress_.open, 1u);
}

void Reader::received(std::uint32_t index, std::string_view body) {
  Stream& stream = streams_[index];
  if (stream.state != State::open) return;
  ScannedEvent event;
  while (scanner_.next(stream.scan, body, event)) count(stream, event);
}

void Reader::ended(std::uint32_t index, OpenFailure failure, std::string_view reason) {
  if (streams_[index].state == State::open)
    end(index, reason);
  else if (streams_[index].state == State::opening)
    opener_.fail(index, failure, reason);
}

void Reader::count(Stream& stream, const ScannedEvent& event) {
  using Reading = PayloadCodec::Reading;
  using Arrival = SequenceTracker::Arrival;
  if (event.reading != Reading::valid) {
    ++(event.reading == Reading::corrupt ? tally_.corrupt : tally_.foreign);
    return;
  }
  const std::uint32_t channels = plan_.requests.channels();
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
  count_new(stream, event.stamp);
}

void Reader::count_new(Stream& stream, const Stamp& stamp) {
  ++stream.received;
  add(progress_.received, std::uint64_t{1});
  if (stamp.seq >= tally_.events.size())
    tally_.events.resize(std::max<std::size_t>(stamp.seq + 1, tally_.events.size() * 2));
  EventReach& reach = tally_.events[stamp.seq];
  ++reach.streams;
  reach.last_ns = now_ns_;
  if (stamp.seq < schedule_.first_measured()) return;
  add(progress_.delivered, std::uint64_t{1});
  tally_.last_delivery_ns = now_ns_;
  tally_.latency_from_send_ns.record(now_ns_ - std::min(now_ns_, stamp.sent_ns));
  const std::uint64_t due_ns = schedule_.open_loop() ? schedule_.due_ns(stamp.seq) : stamp.sent_ns;
  tally_.latency_ns.record(now_ns_ - std::min(now_ns_, due_ns));
}

void Reader::end(std::uint32_t index, std::string_view reason) {
  Stream& stream = streams_[index];
  stream.state = State::ended;
  --opener_.connection_of(index).open_streams;
  if (tally_.first_end.empty()) tally_.first_end = reason;
  progress_.received.store(progress_.received.load(std::memory_order_relaxed) - stream.received,
                           std::memory_order_relaxed);
  progress_.open.store(progress_.open.load(std::memory_order_relaxed) - 1,
                       std::memory_order_relaxed);
  add(progress_.ended, 1u);
}

}  // namespace sse::bench
