#include "sse-bench/publisher.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"

namespace sse::bench {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kStopCheck = kSecond / 20;  // how late a stop may be noticed

timespec to_timespec(std::uint64_t ns) {
  return {static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
}

void sleep_until(std::uint64_t due_ns) {
  const timespec due = to_timespec(due_ns);
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
}

std::uint64_t to_ns(std::chrono::nanoseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

std::uint32_t events_within(std::chrono::nanoseconds duration, double interval_ns) {
  const double events = static_cast<double>(duration.count()) / interval_ns;
  return static_cast<std::uint32_t>(std::min(std::round(events), double{kStampSeqMax}));
}

}  // namespace

Publisher::Publisher(const PublishPlan& plan, const PayloadCodec& codec, Schedule& schedule)
    : plan_(plan), codec_(codec), schedule_(schedule) {}

Publisher::~Publisher() {
  request_stop();
  join();
}

void Publisher::start() {
  thread_ = std::thread([this] { run(); });
}

void Publisher::join() {
  if (thread_.joinable()) thread_.join();
}

void Publisher::run() {
  tid_ = ::gettid();
  ::prctl(PR_SET_TIMERSLACK, 1);  // the default lets every wake-up be 50 us late
  if (connect(schedule_.open_loop() ? 1 : plan_.publishers)) {
    if (schedule_.open_loop())
      publish_open_loop();
    else
      publish_closed_loop();
    await_answers();
  }
  done_ = true;
}

bool Publisher::connect(std::size_t count) {
  while (connections_.size() < count) {
    auto connection = PublishConnection::open(plan_.target, plan_.tls.get(), plan_.answer_timeout);
    if (!connection) {
      tally_.connect_error = connection.error().message;
      return false;
    }
    connections_.push_back(std::move(*connection));
  }
  return true;
}

bool Publisher::reconnect_closed() {
  const std::size_t count = connections_.size();
  std::erase_if(connections_, [](const PublishConnection& c) { return c.closed(); });
  return connect(count);
}

void Publisher::publish_open_loop() {
  const double interval_ns = schedule_.interval_ns();
  const std::uint32_t warmup = events_within(plan_.warmup, interval_ns);
  const std::uint32_t total =
      std::min(kStampSeqMax, warmup + events_within(plan_.duration, interval_ns));
  tally_.events.reserve(total);
  schedule_.measure_from(warmup);
  schedule_.start(monotonic_ns());
  for (std::uint32_t seq = 0; seq < total; ++seq) {
    const std::uint64_t due_ns = schedule_.due_ns(seq);
    if (!wait_until(due_ns) || !wait_for_room() || !reconnect_closed()) return;
    publish(connections_.front(), due_ns);
  }
}

void Publisher::publish_closed_loop() {
  const std::uint64_t start_ns = monotonic_ns();
  const std::uint64_t measure_ns = start_ns + to_ns(plan_.warmup);
  const std::uint64_t end_ns = measure_ns + to_ns(plan_.duration);
  schedule_.start(start_ns);
  while (!must_stop() && tally_.events.size() < kStampSeqMax && reconnect_closed()) {
    const std::uint64_t now_ns = monotonic_ns();
    if (now_ns >= end_ns) return;
    if (now_ns >= measure_ns && schedule_.first_measured() == UINT32_MAX)
      schedule_.measure_from(sent_);
    for (PublishConnection& connection : connections_)
      if (connection.unanswered() == 0) publish(connection, monotonic_ns());
    io_all(std::min(end_ns - now_ns, kStopCheck));
  }
}

// Serves the connection until `due_ns`, then sleeps to it exactly. False: stop publishing.
bool Publisher::wait_until(std::uint64_t due_ns) {
  while (!must_stop()) {
    const std::uint64_t now_ns = monotonic_ns();
    if (now_ns >= due_ns) {
      io_all(0);
      return !must_stop();
    }
    const std::uint64_t left_ns = std::min(due_ns - now_ns, kStopCheck);
    if (unanswered() > 0)
      io_all(left_ns);
    else
      sleep_until(now_ns + left_ns);
  }
  return false;
}

bool Publisher::wait_for_room() {
  if (unanswered() < plan_.unanswered_max) return true;
  ++tally_.stalls;
  while (unanswered() >= plan_.unanswered_max && !must_stop()) io_all(kStopCheck);
  return !must_stop();
}

void Publisher::await_answers() {
  const std::uint64_t deadline_ns = monotonic_ns() + to_ns(plan_.answer_timeout);
  while (unanswered() > 0 && !stop_ && monotonic_ns() < deadline_ns) io_all(kStopCheck);
  tally_.unanswered += unanswered();
}

void Publisher::publish(PublishConnection& connection, std::uint64_t due_ns) {
  const auto seq = static_cast<std::uint32_t>(tally_.events.size());
  const std::uint64_t now_ns = monotonic_ns();
  tally_.events.push_back({due_ns, now_ns, false});
  if (schedule_.open_loop() && seq >= schedule_.first_measured())
    tally_.lag_ns.record(now_ns - due_ns);
  sent_.store(seq + 1, std::memory_order_release);
  const std::string& head = plan_.request_heads[seq % plan_.request_heads.size()];
  connection.send(head + codec_.encode({now_ns, seq}), seq);
}

// Waits until a connection can go on or the time is over, then serves them all.
void Publisher::io_all(std::uint64_t timeout_ns) {
  std::vector<pollfd> waits;
  for (const PublishConnection& connection : connections_)
    waits.push_back({connection.fd(),
                     static_cast<short>(connection.backlogged() ? POLLIN | POLLOUT : POLLIN), 0});
  const timespec timeout = to_timespec(timeout_ns);
  ::ppoll(waits.data(), waits.size(), &timeout, nullptr);
  answers_.clear();
  for (std::size_t i = 0; i < waits.size(); ++i)
    if (waits[i].revents != 0) connections_[i].io(answers_, buffer_);
  const std::uint64_t now_ns = monotonic_ns();
  for (const PublishAnswer& answer : answers_) count(answer, now_ns);
}

void Publisher::count(const PublishAnswer& answer, std::uint64_t now_ns) {
  PublishedEvent& event = tally_.events[answer.seq];
  event.accepted = answer.status >= 200 && answer.status < 300;
  if (answer.status == 0) {
    ++tally_.unanswered;
  } else if (!event.accepted) {
    if (tally_.refused++ == 0) tally_.first_refusal = answer.status_text;
  } else {
    ++accepted_;
    if (answer.seq >= schedule_.first_measured()) tally_.answer_ns.record(now_ns - event.sent_ns);
  }
}

bool Publisher::must_stop() const noexcept {
  return stop_ || (tally_.refused > 0 && accepted_ == 0) || !tally_.connect_error.empty();
}

std::size_t Publisher::unanswered() const noexcept {
  std::size_t sum = 0;
  for (const PublishConnection& connection : connections_) sum += connection.unanswered();
  return sum;
}

}  // namespace sse::bench
