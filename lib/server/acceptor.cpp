#include "server/acceptor.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/response.hpp"
#include "server/date_header.hpp"
#include "server/worker.hpp"

namespace sse::server {
namespace {

bool out_of_resources(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Best effort: the socket is new, its buffer takes a short answer. Closing with the request unread
// would reset the connection, and could destroy the answer on its way.
void refuse(const Fd& fd, std::string_view why, std::span<char> scratch) {
  const std::string answer =
      http::error_response(503, why, dated({{"Retry-After", "1"}}), false, 1);
  ::send(fd.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(fd.get(), SHUT_WR);
  ::recv(fd.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
}

}  // namespace

Acceptor::Acceptor(Worker& worker, Fd fd, const Listener& listener)
    : worker_(worker), fd_(std::move(fd)), listener_(listener) {
  watch();
}

void Acceptor::ready(std::uint32_t) noexcept {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (!out_of_resources(errno)) return;
      worker_.poller().remove(fd_.get());
      worker_.stats().accept_pauses.add();
      paused_ = true;
      return;
    }
    take(std::move(fd));
  }
}

// A server that is full must still tell that it is well, and what fills it.
void Acceptor::take(Fd fd) {
  const Shared& shared = worker_.shared();
  const std::string_view why_full = shared.why_full();
  Listener listener = listener_;
  listener.above_max = !why_full.empty();
  if (listener.above_max && shared.admin_connections >= shared.options.admin_connections_max)
    listener.tls ? fd.reset() : refuse(fd, why_full, worker_.read_buffer());
  else
    worker_.accepted(std::move(fd), listener);
}

void Acceptor::resume() {
  if (paused_) watch();
}

// A unix socket is shared by all workers: wake one of them per connection. Without the memory for
// it, the pause goes on until the next try.
void Acceptor::watch() noexcept {
  paused_ = !worker_.poller().add(fd_.get(), EPOLLIN | EPOLLEXCLUSIVE, *this);
}

}  // namespace sse::server
