#include <string.h>

#include <cassert>
#include <memory>
#include <string>
#include <utility>

#include "server/source/command_run.hpp"
#include "server/source/restart_backoff.hpp"
#include "server/source/source.hpp"

namespace sse::server {
namespace {

// `{"status":0}` or `{"signal":"TERM"}`, with `restarts` if it is restarted.
std::string end_data(net::ChildExit how, const std::uint64_t* restarts) {
  std::string out = "{\"status\":" + std::to_string(how.status);
  if (how.signal != 0) {
    const char* name = ::sigabbrev_np(how.signal);
    out = "{\"signal\":\"" + (name ? std::string(name) : std::to_string(how.signal)) + '"';
  }
  if (restarts != nullptr) out += ",\"restarts\":" + std::to_string(*restarts);
  return out + '}';
}

class CommandSource final : public Source {
 public:
  CommandSource(uv_loop_t* loop, SourceSink& sink, CommandOptions options)
      : loop_(loop),
        sink_(sink),
        options_(std::move(options)),
        backoff_(options_.restart_delay_ms, options_.restart_delay_ms_max, options_.healthy_ms),
        timer_(loop, [this] { on_timer(); }) {
    assert(!options_.argv.empty());
  }

  Result<void> start() override { return run(); }

  void pause() noexcept override {
    paused_ = true;
    if (run_) run_->pause();
  }

  void resume() noexcept override {
    paused_ = false;
    if (run_) run_->resume();
  }

  void stop(std::function<void()> done) override {
    stopped_ = std::move(done);
    if (running_)
      run_->stop();
    else
      timer_.start(0);
  }

  void kill() noexcept override {
    if (running_) run_->kill();
  }

  // Two outputs with both ends and the pipe that tells what spawn() failed at; later two to look
  // for members of the group.
  std::size_t descriptors_max() const noexcept override { return 6; }

 private:
  Result<void> run() {
    run_ = std::make_unique<CommandRun>(loop_, sink_, options_);
    Result<void> started = run_->start([this](net::ChildExit how) { on_end(how); });
    running_ = started.has_value();
    started_ms_ = uv_now(loop_);
    if (running_ && paused_) run_->pause();
    return started;
  }

  void on_end(net::ChildExit how) {
    running_ = false;
    if (stopped_) return timer_.start(0);
    sink_.line("end", end_data(how, options_.restart ? &restarts_ : nullptr));
    if (stopped_) return;
    if (!options_.restart) return sink_.ended();
    timer_.start(backoff_.delay_ms(uv_now(loop_) - started_ms_));
  }

  void on_timer() {
    if (stopped_) {
      run_.reset();
      const std::function<void()> done = std::exchange(stopped_, nullptr);
      return done();
    }
    ++restarts_;
    if (const Result<void> started = run(); !started) {
      sink_.warn(started.error().message);
      if (!stopped_) timer_.start(backoff_.delay_ms(0));
    }
  }

  uv_loop_t* loop_;
  SourceSink& sink_;
  CommandOptions options_;
  RestartBackoff backoff_;
  net::Timer timer_;  // the next run, or the end of stop()
  std::unique_ptr<CommandRun> run_;
  std::function<void()> stopped_;
  std::uint64_t restarts_ = 0;
  std::uint64_t started_ms_ = 0;
  bool running_ = false;
  bool paused_ = false;
};

}  // namespace

std::unique_ptr<Source> make_command_source(uv_loop_t* loop, SourceSink& sink,
                                            CommandOptions options) {
  return std::make_unique<CommandSource>(loop, sink, std::move(options));
}

}  // namespace sse::server
