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
      settings_(settings),
      sink_(STDOUT_FILENO),
      status_line_(STDERR_FILENO, settings.status_line),
      filter_(settings.filter),
      until_(settings.until),
      formatter_(make_formatter(settings)),
      limits_({options.timeout, options.first_event, options.idle}, monotonic_ms()) {}

Tail::~Tail() = default;

cli::Exit Tail::run() {
  if (const auto ready = set_up(); !ready) {
    cli::complain("sse-tail", ready.error().message);
    return cli::Exit::failure;
  }
  flush();
  if (settings_.output == Output::llm) llm_.emplace(monotonic_ms());
  only_prints_ = only_prints();
  for (const auto& stream : streams_)
    if (!ended_) stream->source().connect();
  while (!ended_) {
    turn();
    if (ended_) break;
    draw_status();
    wait();
  }
  end_text();
  drain();
  if (consumer_) close_consumer();
  save_positions(true);
  return final_status();
}

Result<void> Tail::set_up() {
  std::vector<client::EventSourceOptions> sources = settings_.sources;
  if (!settings_.record_path.empty()) {
    auto recorder = Recorder::open(settings_.record_path, &unix_ms);
    if (!recorder) return fail("--record: " + recorder.error().message);
    recorder_ = *std::move(recorder);
  }
  if (!settings_.positions_path.empty()) {
    auto positions = Positions::open(settings_.positions_path, sources);
    if (!positions) return fail("--resume: " + positions.error().message);
    positions_ = *std::move(positions);
  }
  if (settings_.mcp) mcp_.emplace(sources.front().request.body.value_or(""));
  if (auto started = start_commands(); !started) return started;
  make_streams(sources);
  return {};
}

Result<void> Tail::start_commands() {
  if (!settings_.exec.empty())
    executor_.emplace(settings_.exec, settings_.jobs,
                      Executor::Events{[this](const Executor::Job& job) {
                                         if (positions_) positions_->taken(job.stream, job.id);
                                       },
                                       [this](const Executor::Job& job, const std::string& how) {
                                         say(job.url + ": --exec: " + how);
                                         on_expectation_failed();
                                       }});
  if (settings_.exec_pipe.empty()) return {};
  auto consumer = Consumer::start(settings_.exec_pipe);
  if (!consumer) return fail("--exec-pipe: " + consumer.error().message);
  consumer_ = *std::move(consumer);
  sink_ = StdoutSink(consumer_->fd());
  return {};
}

void Tail::make_streams(const std::vector<client::EventSourceOptions>& sources) {
  const bool labelled = sources.size() > 1;
  for (const client::EventSourceOptions& source : sources)
    streams_.push_back(std::make_unique<Stream>(
        *this, streams_.size(), source, loop_.make_transport(settings_.connection),
        labelled ? client::display_url(source.request.url) : std::string()));
  open_streams_ = streams_.size();
}

cli::Exit Tail::final_status() const noexcept {
  const bool disappointed = expectation_failed_ || formatter_->found_faults();
  return *ended_ == cli::Exit::ok && disappointed ? cli::Exit::expectation : *ended_;
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
    if (signal == SIGCHLD) {
      on_child_ended();
    } else if (signal == SIGUSR1) {
      tell_status();
    } else if (signal == SIGHUP) {
      for (const auto& stream : streams_) stream->source().reconnect_now();
    } else {
      return stop_for_signal(signal);
    }
  }
}

void Tail::say(const std::string& message) {
  status_line_.hide();
  cli::complain("sse-tail", message);
}

void Tail::tell_status() {
  for (const auto& stream : streams_) say(stream->url() + ": " + stream->status());
}

void Tail::draw_status() {
  const std::uint64_t now = monotonic_ms();
  if (!status_line_.due(now) || sink_.blocked()) return;
  std::string text;
  for (const auto& stream : streams_) text += (text.empty() ? "" : " | ") + stream->status();
  status_line_.show(text, now);
}

// Everything printed so far leaves, if it can; the shell sees the signal.
void Tail::stop_for_signal(int signal) {
  for (const auto& stream : streams_) stream->close("signal");
  end_text();
  if (executor_) executor_->stop();
  const std::uint64_t patience = monotonic_ms() + kSignalDrainMs;
  flush();
  while (sink_.blocked() && monotonic_ms() < patience && signals_.next() == 0) {
    const std::array watched{client::WatchedFd{.fd = sink_.fd(), .writable = true},
                             client::WatchedFd{.fd = signals_.fd(), .readable = true}};
    loop_.wait(watched, time_until(patience));
    flush();
  }
  die_by(signal);
}

void Tail::wait() {
  milliseconds timeout = kNoDeadline;
  if (const auto deadline = next_deadline()) timeout = time_until(*deadline);
  const std::array watched{client::WatchedFd{.fd = sink_.fd(), .writable = sink_.blocked()},
                           client::WatchedFd{.fd = signals_.fd(), .readable = true}};
  loop_.wait(watched, timeout);
  if (sink_.check_reader() == StdoutSink::State::reader_gone) on_reader_gone();
}

void Tail::on_child_ended() {
  if (executor_) executor_->advance();
}

// The reader of standard output takes us with it; a command of ours may have had enough.
void Tail::on_reader_gone() {
  if (!consumer_) die_by(SIGPIPE);
  if (!ended_) finish(cli::Exit::ok, "consumer");
}

// Once the command has read everything it decides about the status.
void Tail::close_consumer() {
  sink_ = StdoutSink(STDOUT_FILENO);
  consumer_->finish();
  while (!consumer_->ended()) {
    const std::array watched{client::WatchedFd{.fd = signals_.fd(), .readable = true}};
    loop_.wait(watched, kNoDeadline);
    take_signals();
  }
  const std::string failure = consumer_->failure();
  if (failure.empty()) return;
  say("--exec-pipe: " + failure);
  on_expectation_failed();
}

std::optional<std::uint64_t> Tail::next_deadline() const {
  std::optional<std::uint64_t> first = limits_.deadline();
  const auto consider = [&first](std::optional<std::uint64_t> deadline) {
    if (deadline) first = first ? std::min(*first, *deadline) : deadline;
  };
  for (const auto& stream : streams_) consider(stream->source().deadline());
  if (!sink_.blocked()) consider(status_line_.deadline());
  if (positions_ && !sink_.blocked()) consider(positions_->deadline());
  return first;
}

void Tail::check_limits() {
  const auto limit = limits_.reached(monotonic_ms());
  if (!limit) return;
  if (*limit == "first_event") say("no event within the time of --first-event");
  if (*limit == "idle") say("nothing received for the time of --idle");
  finish(cli::Exit::time_limit, *limit);
}

void Tail::die_by(int signal) {
  save_positions(true);
  status_line_.hide();
  cli::die_by_signal(signal);
}

bool Tail::wants_more() const noexcept {
  return printed_ < options_.count || until_ || (llm_ && !llm_->done()) || (mcp_ && mcp_->waits());
}

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
  while (!flush() && ended_ != cli::Exit::failure && !sink_.reader_gone()) {
    if (limits_.reached(monotonic_ms()) == "timeout") {
      ended_ = cli::Exit::time_limit;
      if (executor_) executor_->stop();
      return;
    }
    wait();
    take_signals();  // and look again: a command may have ended by this
  }
}

}  // namespace sse::tail
