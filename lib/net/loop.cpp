#include "net/loop.hpp"

#include <cassert>
#include <utility>

namespace sse::net {

Loop::Loop() {
  [[maybe_unused]] const int status = uv_loop_init(&loop_);
  assert(status == 0);
}

Loop::~Loop() {
  // Close callbacks of handles whose owners are gone still have to run.
  uv_run(&loop_, UV_RUN_DEFAULT);
  [[maybe_unused]] const int status = uv_loop_close(&loop_);
  assert(status == 0);
}

void Loop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

Timer::Timer(uv_loop_t* loop, std::function<void()> callback) : handle_(std::move(callback)) {
  uv_timer_init(loop, handle_.get());
}

void Timer::start(std::uint64_t first_ms, std::uint64_t repeat_ms) noexcept {
  uv_timer_start(
      handle_.get(), [](uv_timer_t* t) { Handle<uv_timer_t>::fire(t); }, first_ms, repeat_ms);
}

void Timer::stop() noexcept { uv_timer_stop(handle_.get()); }

Async::Async(Loop& loop, std::function<void()> callback) : handle_(std::move(callback)) {
  uv_async_init(loop.uv(), handle_.get(), [](uv_async_t* a) { Handle<uv_async_t>::fire(a); });
}

SignalWatcher::SignalWatcher(uv_loop_t* loop, int signal, std::function<void()> callback)
    : handle_(std::move(callback)) {
  uv_signal_init(loop, handle_.get());
  uv_signal_start(
      handle_.get(), [](uv_signal_t* s, int) { Handle<uv_signal_t>::fire(s); }, signal);
}

TurnEnd::TurnEnd(Loop& loop, std::function<void()> callback)
    : check_(std::move(callback)), idle_([] {}) {
  uv_check_init(loop.uv(), check_.get());
  uv_check_start(check_.get(), [](uv_check_t* c) { Handle<uv_check_t>::fire(c); });
  uv_idle_init(loop.uv(), idle_.get());
}

void TurnEnd::keep_turning(bool on) noexcept {
  if (on)
    uv_idle_start(idle_.get(), [](uv_idle_t*) {});
  else
    uv_idle_stop(idle_.get());
}

}  // namespace sse::net
