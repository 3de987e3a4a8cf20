#include "net/poller.hpp"

#include <sys/epoll.h>

#include <array>
#include <cassert>

namespace sse::net {

Poller::Poller(Loop& loop)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), handle_([this] { dispatch(); }) {
  assert(epoll_);
  uv_poll_init(loop.uv(), handle_.get(), epoll_.get());
  uv_poll_start(handle_.get(), UV_READABLE,
                [](uv_poll_t* p, int, int) { Handle<uv_poll_t>::fire(p); });
}

Poller::~Poller() { uv_poll_stop(handle_.get()); }

bool Poller::add(int fd, std::uint32_t events, Pollable& target) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &target;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::change(int fd, std::uint32_t events, Pollable& target) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &target;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd) noexcept { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void Poller::dispatch() noexcept {
  std::array<epoll_event, kBatch> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), kBatch, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Pollable*>(event.data.ptr)->ready(event.events);
  }
}

}  // namespace sse::net
