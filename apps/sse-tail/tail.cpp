#include "tail.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.hpp"
#include "cli/command_line.hpp"
#include "client/stream_url.hpp"
#include "stream.hpp"

namespace sse::tail {
namespace {

using std::chrono::milliseconds;

// How long output that is already there may take to leave after SIGINT or SIGTERM.
constexpr std::uint64_t kSignalDrainMs = 500;
constexpr milliseconds kNoDeadline = std::chrono::hours{1};

milliseconds time_until(std::uint64_t deadline) {
  const std::uint64_t now = monotonic_ms();
  return milliseconds{deadline > now ? static_cast<std::int64_t>(deadline - now) : 0};
}

}  // namespace

Tail::Tail(const Options& options, const Settings& settings)
    : options_(options),
      sink_(STDOUT_FILENO),
      filter_(settings.filter),
      until_(settings.until),
      formatter_(make_formatter(settings)),
      limits_({options.timeout, options.first_event, options.idle}, monotonic_ms()) {
  const bool labelled = settings.sources.size() > 1;
  for (const client::EventSourceOptions& source : settings.sources)
    streams_.push_back(std::make_unique<Stream>(
        *this, source, loop_.make_transport(settings.connection),
        labelled ? client::display_url(source.request.url) : std::string()));
  open_streams_ = streams_.size();
}

Tail::~Tail() = default;

cli::Exit Tail::run() {
  flush();
  for (const auto& stream : streams_)
    if (!ended_) stream->source().connect();
  while (!ended_) {
    turn();
    if (!ended_) wait();
  }
  drain();
  return *ended_;
}

void Tail::turn() {
  loop_.perform();
  for (const auto& stream : streams_) stream->source().tick();
  take_signals();
  if (!ended_) check_limits();
  if (!flush()) return limits_.on_bytes(monotonic_ms());  // we do not listen: it is not idle
  for (const auto& stream : streams_) stream->source().resume();
}

void Tail::take_signals() {
  while (const int signal = signals_.next()) {
    if (signal != SIGHUP) return stop_for_signal(signal);
    for (const auto& stream : streams_) stream->source().reconnect_now();
  }
}

// Everything printed so far leaves, if it can; the shell sees the signal.
void Tail::stop_for_signal(int signal) {
  for (const auto& stream : streams_) stream->close("signal");
  const std::uint64_t patience = monotonic_ms() + kSignalDrainMs;
  flush();
  while (sink_.blocked() && monotonic_ms() < patience && signals_.next() == 0) {
    const std::array watched{client::WatchedFd{.fd = sink_.fd(), .writable = true},
                             client::WatchedFd{.fd = signals_.fd(), .readable = true}};
    loop_.wait(watched, time_until(patience));
    flush();
  }
  cli::die_by_signal(signal);
}

void Tail::wait() {
  milliseconds timeout = kNoDeadline;
  if (const auto deadline = next_deadline()) timeout = time_until(*deadline);
  const std::array watched{client::WatchedFd{.fd = sink_.fd(), .writable = sink_.blocked()},
                           client::WatchedFd{.fd = signals_.fd(), .readable = true}};
  loop_.wait(watched, timeout);
  if (sink_.check_reader() == StdoutSink::State::reader_gone) cli::die_by_signal(SIGPIPE);
}

std::optional<std::uint64_t> Tail::next_deadline() const {
  std::optional<std::uint64_t> first = limits_.deadline();
  for (const auto& stream : streams_) {
    const auto deadline = stream->source().deadline();
    if (deadline) first = first ? std::min(*first, *deadline) : deadline;
  }
  return first;
}

void Tail::check_limits() {
  const auto limit = limits_.reached(monotonic_ms());
  if (!limit) return;
  if (*limit == "first_event")
    cli::complain("sse-tail", "no event within the time of --first-event");
  if (*limit == "idle") cli::complain("sse-tail", "nothing received for the time of --idle");
  finish(cli::Exit::time_limit, *limit);
}

// Whether all output has left.
bool Tail::flush() {
  switch (sink_.flush()) {
    case StdoutSink::State::good:
      return !sink_.blocked();
    case StdoutSink::State::reader_gone:
      cli::die_by_signal(SIGPIPE);
    case StdoutSink::State::failed:
      break;
  }
  if (!ended_) cli::complain("sse-tail", "cannot write to standard output: " + sink_.error());
  ended_ = cli::Exit::failure;
  return false;
}

void Tail::on_bytes() {
  if (options_.idle.count() > 0) limits_.on_bytes(monotonic_ms());
}

void Tail::on_event(std::string_view label, const Event& event) {
  if (filter_.matches(event)) {
    formatter_->event(label, event, sink_.buffer());
    limits_.on_event();
    if (options_.count != 0 && ++printed_ >= options_.count) finish(cli::Exit::ok, "count");
  }
  if (!ended_ && until_ && until_->matches(event.data)) finish(cli::Exit::ok, "until");
}

bool Tail::wants_more() const noexcept { return printed_ < options_.count || until_.has_value(); }

void Tail::on_stream_closed(cli::Exit status) {
  if (closed_status_ == cli::Exit::ok) closed_status_ = status;
  if (--open_streams_ == 0 && !ended_) ended_ = closed_status_;
}

void Tail::finish(cli::Exit status, std::string_view reason) {
  ended_ = status;
  for (const auto& stream : streams_) stream->close(reason);
}

// What was printed still has to leave, however slow the reader is, unless time runs out.
void Tail::drain() {
  while (!flush() && ended_ != cli::Exit::failure) {
    if (limits_.reached(monotonic_ms()) == "timeout") {
      ended_ = cli::Exit::time_limit;
      return;
    }
    take_signals();
    wait();
  }
}

}  // namespace sse::tail
