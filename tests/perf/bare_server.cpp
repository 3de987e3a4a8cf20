// The least a fan-out server can do, as a measure for one that does more: one thread, one epoll,
// no history, no checks, one send() per stream and event.
//
//   bare_server [--coalesce] [PORT]
//
// GET subscribes, POST sends its body as the data of one event to every stream. With --coalesce all
// events read in one turn of the loop leave in one send() per stream. A stream that does not keep
// up is closed. Prints the address it listens on, as sse-serve does.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fd.hpp"

namespace {

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kBatch = 256;
constexpr int kAcceptsPerTurn = 64;

// What a request head announces; enough for clients that write Content-Length like this.
std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const std::size_t at = head.find(kName);
  return at == std::string_view::npos ? 0
                                      : std::strtoul(head.data() + at + kName.size(), nullptr, 10);
}

class BareServer {
 public:
  explicit BareServer(bool coalesce) : coalesce_(coalesce), buffer_(kReadBytes) {}

  bool listen(std::uint16_t port);
  std::uint16_t port() const;
  [[noreturn]] void run();

 private:
  void accept_some();
  void read(int fd);
  bool take_request(int fd, std::string& input);
  void subscribe(int fd);
  void publish(std::string_view body);
  void flush();
  void close(int fd);
  void watch(int fd);

  const bool coalesce_;
  sse::Fd listener_;
  sse::Fd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<char> buffer_;
  std::vector<int> streams_;
  std::unordered_map<int, std::string> inputs_;  // bytes of incomplete requests, by connection
  std::string pending_;                          // events not sent yet
};

bool BareServer::listen(std::uint16_t port) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  watch(listener_.get());
  return ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
         ::listen(listener_.get(), 4096) == 0;
}

std::uint16_t BareServer::port() const {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

void BareServer::run() {
  std::array<epoll_event, kBatch> events;
  for (;;) {
    const int ready = ::epoll_wait(epoll_.get(), events.data(), kBatch, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener_.get())
        accept_some();
      else
        read(fd);
    }
    flush();
  }
}

void BareServer::accept_some() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    inputs_[fd];
    watch(fd);
  }
}

void BareServer::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void BareServer::read(int fd) {
  const ssize_t n = ::recv(fd, buffer_.data(), buffer_.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return close(fd);
  const auto input = inputs_.find(fd);
  if (input == inputs_.end()) return;  // a stream has nothing more to say
  input->second.append(buffer_.data(), static_cast<std::size_t>(n));
  while (inputs_.count(fd) != 0 && take_request(fd, input->second)) continue;
}

// False when the next request is not complete yet.
bool BareServer::take_request(int fd, std::string& input) {
  const std::size_t head_size = input.find(kHeadEnd);
  if (head_size == std::string::npos) return false;
  if (input.starts_with("GET ")) {
    subscribe(fd);
    return false;
  }
  const std::string_view request = input;
  const std::size_t body_at = head_size + kHeadEnd.size();
  const std::size_t body_size = content_length(request.substr(0, head_size));
  if (request.size() < body_at + body_size) return false;
  publish(request.substr(body_at, body_size));
  input.erase(0, body_at + body_size);
  ::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  return true;
}

void BareServer::subscribe(int fd) {
  inputs_.erase(fd);
  streams_.push_back(fd);
  ::send(fd, kStreamHead.data(), kStreamHead.size(), MSG_NOSIGNAL);
}

void BareServer::publish(std::string_view body) {
  pending_.append("data: ").append(body).append("\n\n");
  if (!coalesce_) flush();
}

void BareServer::flush() {
  if (pending_.empty()) return;
  std::vector<int> behind;
  for (const int fd : streams_)
    if (::send(fd, pending_.data(), pending_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(pending_.size()))
      behind.push_back(fd);
  pending_.clear();
  for (const int fd : behind) close(fd);
}

void BareServer::close(int fd) {
  inputs_.erase(fd);
  std::erase(streams_, fd);
  ::close(fd);
}

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const bool coalesce = argc > 1 && std::strcmp(argv[1], "--coalesce") == 0;
  const int port_at = coalesce ? 2 : 1;
  const auto port = argc > port_at ? static_cast<std::uint16_t>(std::atoi(argv[port_at])) : 0;
  raise_file_limit();
  BareServer server(coalesce);
  if (!server.listen(static_cast<std::uint16_t>(port))) {
    std::perror("bare_server: cannot listen");
    return 1;
  }
  std::fprintf(stderr, "bare_server: listening on http://127.0.0.1:%d\n", server.port());
  server.run();
}
