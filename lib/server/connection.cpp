#include "server/connection.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "http/response.hpp"
#include "server/date_header.hpp"
#include "server/places.hpp"
#include "server/router.hpp"
#include "server/socket_io.hpp"

namespace sse::server {

namespace {

// RFC 9113 section 3.4.
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

struct Connection::Http1Exchange final : Exchange {
  Http1Exchange(const http::RequestLimits& limits, BodyBudget& bodies)
      : Exchange(bodies), parser(limits) {}
  http::Request& request() noexcept override { return parser.request(); }

  http::RequestParser parser;
  std::string in;     ///< received before the request under way was answered
  bool first = true;  ///< nothing tells yet which version the client speaks
  bool close_after = false;
};

Connection::Connection(Worker& worker, Transport transport, const Listener& listener)
    : Stream(worker, listener),
      transport_(std::move(transport)),
      shaking_hands_(transport_.tls() != nullptr) {
  deadline_ms = worker.now_ms() + worker.options().head_ms;
  take_place(worker_, listener_);
}

Connection::~Connection() = default;

Connection::Http1Exchange& Connection::http1() const noexcept {
  return static_cast<Http1Exchange&>(*exchange_);
}

void Connection::release(Close how) noexcept {
  if (!transport_) return;  // handed over
  if (shaking_hands_) worker_.stats().tls_failures.add();
  // A child between fork and exec may hold a copy of the socket: closing alone would then leave it
  // in the poll set.
  worker_.poller().remove(fd());
  if (net::SendRing* ring = worker_.ring()) ring->remove(fd());
  transport_.close(how == Close::abort);
  leave_place(worker_, listener_);
}

ssize_t Connection::write(const iovec* pieces, std::size_t count) noexcept {
  return transport_.write(pieces, count);
}

void Connection::arm(bool input, bool output) noexcept {
  worker_.poller().change(fd(), (input ? EPOLLIN : 0u) | (output ? EPOLLOUT : 0u), *this);
}

void Connection::ready(std::uint32_t events) noexcept {
  if (state_ == State::closed) return;
  const Worker::InTurn in_turn(worker_);
  if (shaking_hands_) return shake_hands();
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) readable();
  if (state_ != State::closed && (events & EPOLLOUT) != 0) writable();
}

void Connection::shake_hands() {
  using Handshake = net::TlsSession::Handshake;
  net::TlsSession& tls = *transport_.tls();
  const Handshake now = tls.handshake();
  if (now == Handshake::failed) return handshake_failed();
  if (now != Handshake::done) return arm(now == Handshake::want_read, now == Handshake::want_write);
  shaking_hands_ = false;
  deadline_ms = worker_.now_ms() + worker_.options().head_ms;
  if (tls.speaks_http2()) return hand_over({});
  arm(true, false);
  if (transport_.has_pending_input()) readable();
}

void Connection::handshake_failed() {
  const net::TlsSession& tls = *transport_.tls();
  using Failure = net::TlsSession::Failure;
  if (tls.failure() != Failure::gone) worker_.note_handshake(fd(), tls.error());
  if (tls.failure() == Failure::plain_http) {
    const std::string answer =
        http::error_response(400, "this port speaks TLS: use https://", dated({}), false, 1);
    const iovec piece{const_cast<char*>(answer.data()), answer.size()};
    send_pieces(fd(), &piece, 1);
  }
  close();
}

void Connection::hand_over(std::string_view bytes) {
  Transport transport = std::move(transport_);
  close();
  worker_.speak_http2(std::move(transport), listener_, bytes);
}

// Under TLS bytes may be at hand that the poller cannot see. Who does not take input now looks for
// them in take_waiting_input().
void Connection::readable() {
  while (read_once() && transport_.has_pending_input()) continue;
}

// False when no more input is to be taken now.
bool Connection::read_once() {
  auto& buffer = worker_.read_buffer();
  const ssize_t got = transport_.read(buffer.data(), buffer.size());
  if (got == -EAGAIN || got == -EINTR) return false;
  if (got <= 0) {
    if (state_ == State::streaming) count_disconnect(static_cast<int>(-got));
    close();
    return false;
  }
  // What comes after the request that made a stream, or after the last answer, is not for us.
  if (state_ == State::request) take_input({buffer.data(), static_cast<std::size_t>(got)});
  if (state_ == State::streaming && !flush()) set_aside(Wait::socket, {});
  const bool busy = state_ == State::request && exchange_ && exchange_->is_busy();
  return state_ != State::closed && transport_ && !busy;
}

void Connection::take_input(std::string_view bytes) {
  if (!exchange_)
    exchange_ = std::make_unique<Http1Exchange>(worker_.options().request, worker_.shared().bodies);
  if (exchange_->is_answered()) return;
  if (http1().first && worker_.options().http2.enabled) return take_first(bytes);
  take_messages(bytes);
}

// A client may begin with HTTP/2 without having asked.
void Connection::take_first(std::string_view bytes) {
  const std::string all = std::exchange(http1().in, {}).append(bytes);
  const std::string_view preface = kHttp2Preface.substr(0, all.size());
  if (!all.starts_with(preface)) {
    http1().first = false;
    return take_messages(all);
  }
  if (preface.size() < kHttp2Preface.size()) {
    http1().in = all;
    return;
  }
  hand_over(all);
}

void Connection::take_messages(std::string_view bytes) {
  while (!bytes.empty() && take_message(bytes)) {
    if (!exchange_->is_busy()) continue;
    // The peer sends requests faster than it takes answers: let it wait.
    http1().in.assign(bytes);
    return;
  }
}

void Connection::take_waiting_input() {
  if (state_ != State::request || !exchange_ || exchange_->is_busy()) return;
  if (const std::string waiting = std::exchange(http1().in, {}); !waiting.empty())
    take_input(waiting);
  if (state_ == State::request && transport_.has_pending_input()) readable();
}

// Takes one step in the message under way; false when the connection is to take no more now.
bool Connection::take_message(std::string_view& bytes) {
  using Status = http::RequestParser::Status;
  http::RequestParser& parser = http1().parser;
  const bool fresh = !parser.head_started();
  std::size_t consumed = 0;
  const Status status = parser.parse(bytes, consumed);
  bytes.remove_prefix(consumed);
  if (!exchange_->body.resize(parser.request().body.size())) {
    refuse(503, kBodiesRefused, {{"Retry-After", "1"}});
    return false;
  }
  switch (status) {
    case Status::need_input:
      // Blank lines before a request do not begin it.
      if (fresh && parser.head_started())
        deadline_ms = worker_.now_ms() + worker_.options().head_ms;
      return false;
    case Status::head:
      deadline_ms = worker_.now_ms() + worker_.options().body_ms;
      worker_.router().head_arrived(*this, parser.request());
      // Refused, and the answer not out yet: the rest of the message is not for us.
      return state_ == State::request && !exchange_->is_answered() && take_message(bytes);
    case Status::complete:
      worker_.stats().requests.add();
      worker_.router().handle(*this, parser.request());
      return state_ == State::request;
    case Status::error:
      break;
  }
  refuse(parser.error().status, parser.error().reason);
  return false;
}

void Connection::send_continue() noexcept {
  // A new request on a socket whose buffer is full is a peer that does not read: it waits in vain.
  constexpr std::string_view kText = http::kContinueResponse;
  const iovec piece{const_cast<char*>(kText.data()), kText.size()};
  write(&piece, 1);
}

std::string Connection::start_head(const http::StreamHead& head) { return http::stream_head(head); }

void Connection::respond_head(const http::StreamHead& head) {
  send_answer(http::stream_head(head), false);
}

void Connection::respond(const http::Response& answer, bool keep_alive) {
  const http::Request& request = exchange_->request();
  send_answer(
      http::response(answer.status, answer.content_type, answer.body, answer.headers, keep_alive,
                     request.version_minor, request.method == http::Method::head),
      keep_alive);
}

void Connection::send_answer(std::string bytes, bool keep_alive) {
  http1().close_after = !keep_alive || worker_.draining();
  exchange_->out = std::move(bytes);
  exchange_->answered = true;
  exchange_->drop_request();
  if (send_rest()) return answer_sent();
  if (state_ != State::closed) arm(false, true);
}

// False while some of the answer is left, or when the connection was closed.
bool Connection::send_rest() {
  std::string& out = exchange_->out;
  const iovec piece{out.data(), out.size()};
  const ssize_t sent = out.empty() ? 0 : write(&piece, 1);
  if (is_failure(sent)) {
    close();
    return false;
  }
  if (sent > 0) out.erase(0, static_cast<std::size_t>(sent));
  return out.empty() && flush();
}

void Connection::flush_answer() {
  if (!exchange_ || !send_rest()) return;
  exchange_->out.shrink_to_fit();
  arm(true, false);
  answer_sent();
  take_waiting_input();
}

void Connection::answer_sent() {
  deadline_ms = worker_.now_ms() + worker_.options().idle_ms;
  if (http1().close_after) return linger();
  exchange_->answered = false;
  http1().parser.reset();
}

// Closing with input unread would reset the connection and could destroy the answer on its way.
void Connection::linger() {
  state_ = State::lingering;
  deadline_ms = worker_.now_ms() + worker_.options().linger_ms;
  transport_.end_output();
  arm(true, false);
}

bool Connection::is_idle() const noexcept {
  return state_ == State::request &&
         (!exchange_ || (!http1().parser.head_started() && exchange_->out.empty()));
}

}  // namespace sse::server
