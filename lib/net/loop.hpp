#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <utility>

namespace sse::net {

/// Owns a libuv loop. One thread runs it; only Async::wake() may be called from others.
/// Handles made on it must be destroyed before it.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uv_loop_t* uv() noexcept { return &loop_; }
  /// Runs until stop() or until no handle is active.
  void run();
  void stop() noexcept { uv_stop(&loop_); }
  /// Monotonic milliseconds, read once per loop turn.
  std::uint64_t now_ms() const noexcept { return uv_now(&loop_); }

 private:
  uv_loop_t loop_{};
};

/// A libuv handle on the heap, closed and freed when its owner goes: libuv needs its memory until
/// the close callback ran. `data` of the handle is the callback, `Args` what it
/// is told.
template <class T, class... Args>
class Handle {
 public:
  using Callback = std::function<void(Args...)>;

  explicit Handle(Callback callback) : box_(new Box{{}, std::move(callback)}) {
    box_->handle.data = box_;
  }
  ~Handle() {
    uv_close(reinterpret_cast<uv_handle_t*>(&box_->handle),
             [](uv_handle_t* handle) { delete static_cast<Box*>(handle->data); });
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  T* get() const noexcept { return &box_->handle; }
  static void fire(T* handle, Args... args) noexcept {
    static_cast<Box*>(handle->data)->callback(args...);
  }

 private:
  struct Box {
    T handle;
    Callback callback;
  };
  Box* box_;
};

/// Calls back after a while, once or again and again.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback) : Timer(loop.uv(), std::move(callback)) {}
  Timer(uv_loop_t* loop, std::function<void()> callback);
  void start(std::uint64_t first_ms, std::uint64_t repeat_ms = 0) noexcept;
  void stop() noexcept;

 private:
  Handle<uv_timer_t> handle_;
};

/// Wakes the loop from any thread; wakes that come before the callback ran are one.
class Async {
 public:
  Async(Loop& loop, std::function<void()> callback);
  void wake() const noexcept { uv_async_send(handle_.get()); }

 private:
  Handle<uv_async_t> handle_;
};

/// Calls back when the process receives a signal.
class SignalWatcher {
 public:
  SignalWatcher(Loop& loop, int signal, std::function<void()> callback)
      : SignalWatcher(loop.uv(), signal, std::move(callback)) {}
  SignalWatcher(uv_loop_t* loop, int signal, std::function<void()> callback);

 private:
  Handle<uv_signal_t> handle_;
};

/// Calls back once per turn, after input was handled; keep_turning() makes the next turn come
/// without waiting for input.
class TurnEnd {
 public:
  TurnEnd(Loop& loop, std::function<void()> callback);
  void keep_turning(bool on) noexcept;

 private:
  Handle<uv_check_t> check_;
  Handle<uv_idle_t> idle_;
};

}  // namespace sse::net
