#include "sse-bench/stream_opener.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/units.hpp"
#include "sse-bench/http1_session.hpp"
#include "sse-bench/http2_session.hpp"

namespace sse::bench {
namespace {

using Phase = Connection::Phase;
using State = Stream::State;

const char* missing_at(Phase phase) noexcept {
  switch (phase) {
    case Phase::connecting:
      return "no connection within ";
    case Phase::securing:
      return "no TLS handshake within ";
    default:
      return "no answer within ";
  }
}

}  // namespace

StreamOpener::StreamOpener(const OpenPlan& plan, std::vector<Stream>& streams,
                           std::vector<Connection>& connections, std::size_t number, int epoll,
                           StreamEvents& events)
    : plan_(plan),
      streams_(streams),
      connections_(connections),
      number_(number),
      epoll_(epoll),
      events_(events) {}

void StreamOpener::turn(std::uint64_t now_ns) {
  if (first_start_ns_ == 0) first_start_ns_ = now_ns;
  while (may_start(now_ns)) start(next_++, now_ns);
  const auto timeout = static_cast<std::uint64_t>(plan_.timeout.count());
  while (!started_.empty()) {
    Connection& oldest = connections_[started_.front()];
    if (oldest.opening_streams > 0) {
      if (now_ns < oldest.started_ns + timeout) return;
      fail_all(oldest, missing_at(oldest.phase) + format_duration(plan_.timeout));
    }
    started_.pop_front();
  }
}

bool StreamOpener::may_start(std::uint64_t now_ns) const {
  if (next_ == connections_.size()) return false;
  const std::uint32_t more = connections_[next_].streams;
  if (in_flight_ > 0 && in_flight_ + more > plan_.in_flight_max) return false;
  if (plan_.per_second <= 0) return true;
  const double seconds = static_cast<double>(now_ns - first_start_ns_) / 1e9;
  return static_cast<double>(connections_[next_].first_stream) <= seconds * plan_.per_second;
}

void StreamOpener::start(std::size_t index, std::uint64_t now_ns) {
  Connection& connection = connections_[index];
  const std::size_t turn = number_ / plan_.streams_per_connection + index;
  const Endpoint* source =
      plan_.sources.empty() ? nullptr : &plan_.sources[turn % plan_.sources.size()];
  in_flight_ += connection.streams;
  connection.opening_streams = connection.streams;
  for (std::size_t i = connection.first_stream; i < connection.first_stream + connection.streams;
       ++i) {
    streams_[i].channel = static_cast<std::uint32_t>((number_ + i) % plan_.requests.channels());
    streams_[i].state = State::opening;
  }
  connection.started_ns = now_ns;
  connection.phase = Phase::connecting;
  auto transport = Transport::connect(plan_.target, source);
  if (!transport) return fail_all(connection, transport.error().message);
  connection.transport = std::move(*transport);
  connection.session = make_session(connection);
  if (auto watched = watch(connection, index); !watched)
    return fail_all(connection, watched.error().message);
  started_.push_back(static_cast<std::uint32_t>(index));
}

std::unique_ptr<HttpSession> StreamOpener::make_session(const Connection& connection) const {
  const std::uint32_t stream = connection.first_stream;
  const std::uint32_t channel = streams_[stream].channel;
  if (plan_.http2)
    return std::make_unique<Http2Session>(plan_.requests, stream, connection.streams, channel,
                                          events_);
  return std::make_unique<Http1Session>(http1_get(plan_.requests, channel), stream, events_);
}

Result<void> StreamOpener::watch(const Connection& connection, std::size_t index) const {
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.u64 = index;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.transport.fd(), &event) != 0)
    return sse::fail(std::strerror(errno));
  return {};
}

void StreamOpener::connected(std::size_t index, std::uint64_t now_ns) {
  Connection& connection = connections_[index];
  if (auto result = connection.transport.connected(); !result)
    return fail_all(connection, result.error().message);
  tally_.connect_ns.record(now_ns - connection.started_ns);
  connection.connected_ns = now_ns;
  connection.watched_for_room = true;
  connection.phase = Phase::securing;
  if (plan_.tls) {
    if (auto begun = connection.transport.begin_tls(*plan_.tls); !begun)
      fail_all(connection, begun.error().message);
    return;
  }
  note_ready(connection, now_ns);
  if (auto sent = connection.send(); !sent) fail_all(connection, sent.error().message);
}

void StreamOpener::served(Connection& connection, std::uint64_t now_ns) {
  if (connection.phase == Phase::securing && connection.transport.ready())
    note_ready(connection, now_ns);
}

void StreamOpener::note_ready(Connection& connection, std::uint64_t now_ns) {
  connection.phase = Phase::talking;
  ++tally_.connections;
  const TlsSession* const tls = connection.transport.tls();
  if (tls == nullptr) return;
  tally_.handshake_ns.record(now_ns - connection.connected_ns);
  if (!tally_.tls_version.empty()) return;
  tally_.tls_version = tls->version();
  tally_.tls_cipher = tls->cipher();
}

void StreamOpener::began(std::size_t stream, std::uint64_t now_ns) {
  tally_.first_byte_ns.record(now_ns - connection_of(stream).started_ns);
}

bool StreamOpener::answered(std::size_t index, const Answer& answer) {
  Stream& stream = streams_[index];
  if (stream.state != State::opening) return false;
  if (answer.status != 200) {
    fail(index, OpenFailure::refused, answer.status_text);
  } else if (!answer.is_event_stream()) {
    fail(index, OpenFailure::not_event_stream,
         answer.content_type.empty() ? "no Content-Type" : answer.content_type);
  } else {
    stream.state = State::open;
    settle(index);
    ++connection_of(index).open_streams;
    // An acknowledgement per event is most of what a reader costs; a client that answers now and
    // then, as interactive ones do, gets them piggybacked or delayed.
    if (!plan_.quick_ack) connection_of(index).transport.delay_acks();
  }
  return stream.state == State::open;
}

void StreamOpener::fail(std::size_t index, OpenFailure kind, std::string_view reason) {
  streams_[index].state = State::failed;
  settle(index);
  const auto slot = static_cast<std::size_t>(kind);
  if (tally_.failed[slot]++ == 0) tally_.first_reason[slot] = reason;
}

void StreamOpener::settle(std::size_t index) {
  --connection_of(index).opening_streams;
  --in_flight_;
}

void StreamOpener::fail_all(Connection& connection, std::string_view reason) {
  for (std::size_t i = connection.first_stream; i < connection.first_stream + connection.streams;
       ++i)
    if (streams_[i].state == State::opening) fail(i, OpenFailure::connect, reason);
  if (connection.idle()) connection.close();
}

}  // namespace sse::bench
