#include "sse-bench/stream_opener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/units.hpp"

namespace sse::bench {
namespace {

using State = Stream::State;

bool opening(const Stream& stream) noexcept {
  return stream.state == State::connecting || stream.state == State::awaiting_head;
}

void set_option(int fd, int level, int name, int value) noexcept {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

// A connecting, watched socket; errno says why there is none.
Fd start_connect(const Endpoint& target, const Endpoint* source, int epoll, std::size_t index) {
  Fd fd(::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  if (source != nullptr) {
    // Lets connect() choose the port by target: bind() would have to find one free for all.
    set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (::bind(fd.get(), source->get(), source->length) != 0) return Fd();
  }
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.u64 = index;
  const bool started =
      ::connect(fd.get(), target.get(), target.length) == 0 || errno == EINPROGRESS;
  if (!started || ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd.get(), &event) != 0) return Fd();
  return fd;
}

}  // namespace

StreamOpener::StreamOpener(const OpenPlan& plan, std::vector<Stream>& streams, std::size_t number,
                           int epoll)
    : plan_(plan), streams_(streams), number_(number), epoll_(epoll) {}

void StreamOpener::turn(std::uint64_t now_ns) {
  if (first_start_ns_ == 0) first_start_ns_ = now_ns;
  while (may_start(now_ns)) start(next_++, now_ns);
  const auto timeout = static_cast<std::uint64_t>(plan_.timeout.count());
  while (!started_.empty()) {
    const std::uint32_t oldest = started_.front();
    if (opening(streams_[oldest])) {
      if (now_ns < streams_[oldest].started_ns + timeout) return;
      const char* what = streams_[oldest].state == State::connecting ? "no connection within "
                                                                     : "no answer within ";
      fail(oldest, OpenFailure::connect, what + format_duration(plan_.timeout));
    }
    started_.pop_front();
  }
}

bool StreamOpener::may_start(std::uint64_t now_ns) {
  if (next_ == streams_.size() || in_flight_ >= plan_.in_flight_max) return false;
  if (plan_.per_second <= 0) return true;
  const double seconds = static_cast<double>(now_ns - first_start_ns_) / 1e9;
  return static_cast<double>(next_) <= seconds * plan_.per_second;
}

void StreamOpener::start(std::size_t index, std::uint64_t now_ns) {
  Stream& stream = streams_[index];
  const Endpoint* source =
      plan_.sources.empty() ? nullptr : &plan_.sources[(number_ + index) % plan_.sources.size()];
  ++in_flight_;
  stream.channel = static_cast<std::uint32_t>((number_ + index) % plan_.requests.size());
  stream.started_ns = now_ns;
  stream.state = State::connecting;
  stream.fd = start_connect(plan_.target, source, epoll_, index);
  if (!stream.fd) return fail(index, OpenFailure::connect, std::strerror(errno));
  started_.push_back(static_cast<std::uint32_t>(index));
}

void StreamOpener::connected(std::size_t index, std::uint64_t now_ns) {
  Stream& stream = streams_[index];
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(stream.fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return fail(index, OpenFailure::connect, std::strerror(error));
  tally_.connect_ns.record(now_ns - stream.started_ns);
  const std::string& request = plan_.requests[stream.channel];
  const ssize_t sent = ::send(stream.fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  // A fresh socket takes far more than a request head.
  if (sent != static_cast<ssize_t>(request.size()))
    return fail(index, OpenFailure::connect,
                sent < 0 ? std::strerror(errno) : "the request does not fit the socket's buffer");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, stream.fd.get(), &event);
  stream.head = std::make_unique<ResponseHead>();
  stream.state = State::awaiting_head;
}

bool StreamOpener::answered(std::size_t index, std::string_view& bytes, std::uint64_t now_ns) {
  Stream& stream = streams_[index];
  if (!stream.head->started()) tally_.first_byte_ns.record(now_ns - stream.started_ns);
  bytes.remove_prefix(stream.head->feed(bytes));
  if (stream.head->state() == ResponseHead::State::reading) return false;
  judge(index);
  return stream.state == State::open;
}

void StreamOpener::judge(std::size_t index) {
  Stream& stream = streams_[index];
  const ResponseHead& head = *stream.head;
  if (head.state() == ResponseHead::State::malformed)
    return fail(index, OpenFailure::not_event_stream, "the answer is not HTTP/1.x");
  if (head.status() != 200) return fail(index, OpenFailure::refused, head.status_text());
  if (!head.is_event_stream())
    return fail(index, OpenFailure::not_event_stream,
                head.content_type().empty() ? "no Content-Type" : head.content_type());
  stream.body = BodyDecoder(head);
  stream.head.reset();
  stream.state = State::open;
  --in_flight_;
  // An acknowledgement per event is most of what a reader costs; a client that answers now and
  // then, as interactive ones do, gets them piggybacked or delayed.
  if (!plan_.quick_ack) set_option(stream.fd.get(), IPPROTO_TCP, TCP_QUICKACK, 0);
}

void StreamOpener::cut(std::size_t index, int error) {
  fail(index, OpenFailure::connect,
       error != 0 ? std::strerror(error) : "the server closed the connection without an answer");
}

void StreamOpener::fail(std::size_t index, OpenFailure kind, std::string reason) {
  Stream& stream = streams_[index];
  stream.fd.reset();
  stream.head.reset();
  stream.state = State::failed;
  --in_flight_;
  const auto slot = static_cast<std::size_t>(kind);
  if (tally_.failed[slot]++ == 0) tally_.first_reason[slot] = std::move(reason);
}

}  // namespace sse::bench
