// The least a fan-out server can do, as a measure for one that does more: one thread, one epoll,
// no history, no checks, one send() per stream and event.
//
//   bare_server [--coalesce] [--uring] [PORT]
//
// GET subscribes, POST sends its body as the data of one event to every stream of that path. With
// --coalesce all events read in one turn of the loop leave in one send per stream. With --uring
// sends go to the kernel in batches. A stream that does not keep up is closed. Prints the address
// it listens on, as sse-serve does.

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
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "sender.hpp"

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

// The part of the first line that names the channel.
std::string_view target_of(std::string_view request) {
  const std::size_t begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

struct Channel {
  std::vector<int> streams;
  std::string pending;  // events not sent yet
};

class BareServer {
 public:
  BareServer(std::unique_ptr<sse::perf::Sender> sender, bool coalesce)
      : sender_(std::move(sender)), coalesce_(coalesce), buffer_(kReadBytes) {}

  bool listen(std::uint16_t port);
  std::uint16_t port() const;
  [[noreturn]] void run();

 private:
  void accept_some();
  void read(int fd);
  bool take_request(int fd, std::string& input);
  void subscribe(int fd, Channel& channel);
  void publish(Channel& channel, std::string_view body);
  void flush(Channel& channel);
  void close(int fd);
  void watch(int fd);

  const std::unique_ptr<sse::perf::Sender> sender_;
  const bool coalesce_;
  sse::Fd listener_;
  sse::Fd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<char> buffer_;
  std::unordered_map<std::string, Channel> channels_;
  std::unordered_map<int, Channel*> streams_;
  std::unordered_map<int, std::string> inputs_;  // bytes of incomplete requests, by connection
  std::vector<Channel*> dirty_;                  // channels with events not sent yet
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
    for (Channel* channel : dirty_) flush(*channel);
    dirty_.clear();
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
  const std::string_view request = input;
  Channel& channel = channels_[std::string(target_of(request))];
  if (request.starts_with("GET ")) {
    subscribe(fd, channel);
    return false;
  }
  const std::size_t body_at = head_size + kHeadEnd.size();
  const std::size_t body_size = content_length(request.substr(0, head_size));
  if (request.size() < body_at + body_size) return false;
  publish(channel, request.substr(body_at, body_size));
  input.erase(0, body_at + body_size);
  ::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  return true;
}

void BareServer::subscribe(int fd, Channel& channel) {
  inputs_.erase(fd);
  streams_[fd] = &channel;
  channel.streams.push_back(fd);
  sender_->add(fd);
  ::send(fd, kStreamHead.data(), kStreamHead.size(), MSG_NOSIGNAL);
}

void BareServer::publish(Channel& channel, std::string_view body) {
  if (channel.pending.empty()) dirty_.push_back(&channel);
  channel.pending.append("data: ").append(body).append("\n\n");
  if (!coalesce_) flush(channel);
}

void BareServer::flush(Channel& channel) {
  if (channel.pending.empty()) return;
  const std::vector<int> behind = sender_->send(channel.streams, channel.pending);
  channel.pending.clear();
  for (const int fd : behind) close(fd);
}

void BareServer::close(int fd) {
  inputs_.erase(fd);
  if (const auto stream = streams_.extract(fd); !stream.empty()) {
    std::erase(stream.mapped()->streams, fd);
    sender_->remove(fd);
  }
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
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const auto given = [&arguments](std::string_view option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  const bool port_given = !arguments.empty() && !arguments.back().starts_with("--");
  const auto port = port_given ? static_cast<std::uint16_t>(std::atoi(argv[argc - 1])) : 0;
  raise_file_limit();
  auto sender = given("--uring") ? sse::perf::make_uring_sender() : sse::perf::make_send_loop();
  if (!sender) {
    std::fputs("bare_server: no io_uring in this build or on this machine\n", stderr);
    return 1;
  }
  BareServer server(std::move(sender), given("--coalesce"));
  if (!server.listen(static_cast<std::uint16_t>(port))) {
    std::perror("bare_server: cannot listen");
    return 1;
  }
  std::fprintf(stderr, "bare_server: listening on http://127.0.0.1:%d\n", server.port());
  server.run();
}
