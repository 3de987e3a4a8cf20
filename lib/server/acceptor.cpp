#include "server/acceptor.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "http/response.hpp"
#include "server/worker.hpp"

namespace sse::server {
namespace {

bool out_of_resources(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Best effort: the socket is new, its buffer takes a short answer.
void refuse(const Fd& fd) {
  const std::string answer = http::error_response(503, "too many connections, try again",
                                                  {{"Retry-After", "1"}}, false, 1);
  ::send(fd.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Acceptor::Acceptor(Worker& worker, Fd fd, const Listener& listener)
    : worker_(worker), fd_(std::move(fd)), listener_(listener) {
  // A unix socket is shared by all workers: wake one of them per connection.
  worker_.poller().add(fd_.get(), EPOLLIN | EPOLLEXCLUSIVE, *this);
}

void Acceptor::ready(std::uint32_t) noexcept {
  const std::size_t connections_max = worker_.options().connections_max;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (!out_of_resources(errno)) return;
      worker_.poller().remove(fd_.get());
      worker_.stats().accept_pauses.add();
      paused_ = true;
      return;
    }
    if (connections_max != 0 && worker_.shared().connections.load() >= connections_max)
      refuse(fd);
    else
      worker_.accepted(std::move(fd), listener_);
  }
}

void Acceptor::resume() {
  if (!paused_) return;
  paused_ = false;
  worker_.poller().add(fd_.get(), EPOLLIN | EPOLLEXCLUSIVE, *this);
}

}  // namespace sse::server
