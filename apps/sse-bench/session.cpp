#include "sse-bench/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/clock.hpp"

namespace sse::bench {
namespace {

constexpr std::chrono::milliseconds kTick{10};
// When this many streams failed and none opened, the rest would only fail too.
constexpr std::size_t kHopelessFailures = 16;

std::uint16_t random_run() { return static_cast<std::uint16_t>(std::random_device()()); }

double interval_of(const Options& options) {
  return options.saturate || options.rate <= 0 ? 0 : 1e9 / options.rate;
}

ThreadLoad to_load(CpuTime used, std::uint64_t elapsed_ns) {
  const auto elapsed = static_cast<double>(std::max<std::uint64_t>(elapsed_ns, 1));
  return {static_cast<double>(used.run_ns) / elapsed, static_cast<double>(used.wait_ns) / elapsed};
}

std::uint64_t open_streams_of(const ReaderProgress& p) { return p.open; }
std::uint64_t ended_streams_of(const ReaderProgress& p) { return p.ended; }
std::uint64_t failed_streams_of(const ReaderProgress& p) { return p.failed; }
std::uint64_t received_by(const ReaderProgress& p) { return p.received; }
std::uint64_t delivered_to(const ReaderProgress& p) { return p.delivered; }

}  // namespace

Session::Session(SessionPlan plan, Interrupt& interrupt)
    : plan_(std::move(plan)),
      interrupt_(interrupt),
      codec_(plan_.options.size, random_run()),
      schedule_(interval_of(plan_.options)),
      probe_(plan_.options.server_pids) {}

Session::~Session() = default;

Summary Session::run() {
  start_readers();
  open_streams();
  if (sum(open_streams_of) > 0) {
    hold("settling", plan_.options.settle);
    if (!probe_.empty()) memory_after_ = probe_.pss_bytes();
    if (!plan_.options.publishes())
      hold_idle();
    else if (interrupt_.signal() == 0)
      publish();
  }
  stop();
  progress_.clear();
  return summarize();
}

void Session::start_readers() {
  if (!probe_.empty()) memory_before_ = probe_.pss_bytes();
  const std::size_t count = plan_.options.threads;
  const std::size_t streams = plan_.options.streams;
  const std::size_t connections = plan_.open.connections(streams);
  for (std::size_t i = 0, first = 0; i < count; ++i) {
    const std::size_t carriers = connections / count + (i < connections % count ? 1 : 0);
    const std::size_t share =
        std::min(carriers * plan_.open.streams_per_connection, streams - first);
    readers_.push_back(std::make_unique<Reader>(plan_.open, codec_, schedule_, first, share));
    first += share;
  }
}

void Session::open_streams() {
  const std::uint64_t server_before = probe_.cpu_ns();
  const std::uint64_t start_ns = monotonic_ns();
  for (auto& reader : readers_) reader->start();
  // Every stream has its own time limit, so this ends.
  wait_for(
      "opening", [this] { return hopeless() || opened_ns() != 0; }, Milliseconds::max());
  const std::uint64_t end_ns = opened_ns();
  open_ns_ = (end_ns != 0 ? end_ns : monotonic_ns()) - start_ns;
  opening_cpu_ns_ = probe_.cpu_ns() - server_before;
}

// When the last reader was done with opening, by its own clock: this thread looks only now and
// then. 0: not all are done.
std::uint64_t Session::opened_ns() const {
  std::uint64_t last_ns = 0;
  for (const auto& reader : readers_) {
    const std::uint64_t opened_ns = reader->progress().opened_ns;
    if (opened_ns == 0) return 0;
    last_ns = std::max(last_ns, opened_ns);
  }
  return last_ns;
}

bool Session::hopeless() const {
  const std::size_t few = std::min(kHopelessFailures, plan_.options.streams);
  return sum(failed_streams_of) >= few && sum(open_streams_of) + sum(ended_streams_of) == 0;
}

void Session::hold_idle() {
  const std::uint64_t server_before = probe_.cpu_ns();
  hold("holding", plan_.options.duration);
  server_cpu_ns_ = probe_.cpu_ns() - server_before;
}

void Session::publish() {
  publisher_ = std::make_unique<Publisher>(plan_.publish, codec_, schedule_);
  publisher_->start();
  const auto done = [this] { return publisher_->done(); };
  const auto measuring = [this, &done] {
    const std::uint32_t first = schedule_.first_measured();
    return done() || (first != UINT32_MAX && monotonic_ns() >= schedule_.due_ns(first));
  };
  wait_for("warming up", measuring, Milliseconds::max());
  const std::uint64_t start_ns = monotonic_ns();
  const std::uint64_t server_before = probe_.cpu_ns();
  const std::vector<CpuTime> readers_before = reader_cpu();
  const CpuTime publisher_before = thread_cpu(publisher_->tid());
  // A thread that has ended has no account any more, so the last reading is kept.
  CpuTime publisher_after = publisher_before;
  const auto finished = [&] {
    if (const CpuTime now = thread_cpu(publisher_->tid()); now.run_ns > 0) publisher_after = now;
    return done();
  };
  wait_for("measuring", finished, Milliseconds::max());
  note_loads(readers_before, publisher_after - publisher_before, start_ns);
  drain();
  server_cpu_ns_ = probe_.cpu_ns() - server_before;
}

void Session::drain() {
  // Every channel has as many streams, so an event reaches as many, whichever channel it goes to.
  const auto complete = [this] {
    const std::uint64_t deliveries = publisher_->accepted() * sum(open_streams_of);
    return sum(received_by) >= deliveries / plan_.options.channels;
  };
  wait_for("draining", complete, plan_.options.drain);
}

void Session::stop() {
  if (publisher_) publisher_->request_stop();
  for (auto& reader : readers_) reader->request_stop();
  if (publisher_) publisher_->join();
  for (auto& reader : readers_) reader->join();
}

void Session::hold(const char* phase, Milliseconds time) {
  wait_for(
      phase, [] { return false; }, time);
}

bool Session::wait_for(const char* phase, const std::function<bool()>& condition,
                       Milliseconds time_max) {
  const std::uint64_t start_ms = monotonic_ms();
  const auto limit_ms = static_cast<std::uint64_t>(time_max.count());
  while (!condition()) {
    if (interrupt_.signal() != 0 || monotonic_ms() - start_ms >= limit_ms) return false;
    if (progress_.visible())
      progress_.show(fmt::format("{}: {} streams open, {} failed, {} ended, {} deliveries", phase,
                                 sum(open_streams_of), sum(failed_streams_of),
                                 sum(ended_streams_of), sum(delivered_to)));
    interrupt_.wait(std::min(kTick, time_max));
  }
  return true;
}

std::uint64_t Session::sum(std::uint64_t (*field)(const ReaderProgress&)) const {
  std::uint64_t total = 0;
  for (const auto& reader : readers_) total += field(reader->progress());
  return total;
}

std::vector<CpuTime> Session::reader_cpu() const {
  std::vector<CpuTime> out;
  for (const auto& reader : readers_) out.push_back(thread_cpu(reader->tid()));
  return out;
}

void Session::note_loads(const std::vector<CpuTime>& readers, CpuTime publisher,
                         std::uint64_t start_ns) {
  const std::uint64_t elapsed_ns = monotonic_ns() - start_ns;
  publisher_load_ = to_load(publisher, elapsed_ns);
  const std::vector<CpuTime> now = reader_cpu();
  for (std::size_t i = 0; i < now.size(); ++i)
    if (const ThreadLoad load = to_load(now[i] - readers[i], elapsed_ns);
        load.running + load.waiting >= reader_load_.running + reader_load_.waiting)
      reader_load_ = load;
}

}  // namespace sse::bench
