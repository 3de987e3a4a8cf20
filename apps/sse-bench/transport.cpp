#include "sse-bench/transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sse::bench {
namespace {

void set_option(int fd, int level, int name, int value) noexcept {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

tl::unexpected<Error> system_failure(int error) { return fail(std::strerror(error)); }

bool must_wait() noexcept { return errno == EAGAIN || errno == EINTR; }

}  // namespace

Result<Transport> Transport::connect(const Endpoint& target, const Endpoint* source) {
  Fd fd(::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return system_failure(errno);
  if (source != nullptr) {
    // Lets connect() choose the port by target: bind() would have to find one free for all.
    set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (::bind(fd.get(), source->get(), source->length) != 0) return system_failure(errno);
  }
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::connect(fd.get(), target.get(), target.length) != 0 && errno != EINPROGRESS)
    return system_failure(errno);
  return Transport(std::move(fd));
}

Result<void> Transport::connected() const {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return system_failure(error);
  return {};
}

void Transport::delay_acks() const noexcept { set_option(fd_.get(), IPPROTO_TCP, TCP_QUICKACK, 0); }

Result<void> Transport::begin_tls(const TlsClient& client) {
  auto session = client.start();
  if (!session) return tl::unexpected(session.error());
  tls_ = std::move(*session);
  if (auto begun = go_on_with_handshake(); !begun) return tl::unexpected(begun.error());
  return flush();
}

Result<bool> Transport::go_on_with_handshake() {
  auto done = tls_->handshake();
  if (!done) static_cast<void>(flush());  // the alert that tells the server why
  secured_ = done && *done;
  return done;
}

Result<void> Transport::queue(std::string_view bytes) {
  if (tls_) return tls_->write(bytes);
  out_.append(bytes);
  return {};
}

Result<void> Transport::flush() {
  if (tls_ && !tls_->output().empty()) {
    out_.append(tls_->output());
    tls_->output() = std::string();
  }
  while (backlogged()) {
    const ssize_t n = ::send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0) return must_wait() ? Result<void>() : system_failure(errno);
    sent_ += static_cast<std::size_t>(n);
  }
  out_ = std::string();  // an idle connection keeps no memory for it
  sent_ = 0;
  return {};
}

Result<void> Transport::receive(ReadBuffer& buffer) {
  buffer.unread_ = {};
  const ssize_t n = ::recv(fd_.get(), buffer.raw_.data(), buffer.raw_.size(), 0);
  if (n == 0) return fail(std::string(kPeerClosed));
  if (n < 0) return must_wait() ? Result<void>() : system_failure(errno);
  buffer.unread_ = {buffer.raw_.data(), static_cast<std::size_t>(n)};
  if (tls_) tls_->feed(buffer.unread_);
  return {};
}

Result<std::string_view> Transport::next(ReadBuffer& buffer) {
  if (!tls_) return std::exchange(buffer.unread_, {});
  if (!secured_) {
    const auto done = go_on_with_handshake();
    if (!done) return tl::unexpected(done.error());
    if (!*done) return std::string_view();
  }
  return tls_->read(buffer.plain_);
}

}  // namespace sse::bench
