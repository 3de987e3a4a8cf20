#include "server/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "http/response.hpp"
#include "server/date_header.hpp"
#include "server/router.hpp"
#include "server/worker.hpp"

// The life of a connection and its request phase; the stream it may become is in stream.cpp.
namespace sse::server {

Connection::Connection(Worker& worker, Fd fd, const Listener& listener)
    : deadline_ms(worker.now_ms() + worker.options().head_ms),
      worker_(worker),
      fd_(std::move(fd)),
      listener_(listener) {
  places_taken().fetch_add(1);
  worker_.stats().connections.add();
  worker_.stats().connections_total.add();
}

Connection::~Connection() = default;

std::atomic<std::size_t>& Connection::places_taken() const noexcept {
  Shared& shared = worker_.shared();
  return listener_.above_max ? shared.admin_connections : shared.connections;
}

void Connection::close(Close how) noexcept {
  if (state_ == State::closed) return;
  if (state_ == State::streaming)
    leave_channels();
  else
    worker_.forget_deadline(*this);
  if (exchange_ && exchange_->held) worker_.forget_held(*this);
  if (exchange_ && exchange_->ticket != 0) worker_.forget_ticket(exchange_->ticket);
  state_ = State::closed;
  if (how == Close::abort) {
    const struct ::linger drop { 1, 0 };
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &drop, sizeof drop);
  }
  // A child between fork and exec may hold a copy of the socket: closing alone would then leave it
  // in the poll set.
  worker_.poller().remove(fd_.get());
  if (net::SendRing* ring = worker_.ring()) ring->remove(fd_.get());
  fd_.reset();
  exchange_.reset();
  places_taken().fetch_sub(1);
  worker_.stats().connections.sub();
  worker_.bury(*this);
}

void Connection::ready(std::uint32_t events) noexcept {
  if (state_ == State::closed) return;
  const Worker::InTurn in_turn(worker_);
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) readable();
  if (state_ != State::closed && (events & EPOLLOUT) != 0) writable();
}

void Connection::readable() {
  auto& buffer = worker_.read_buffer();
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    auto& disconnects = worker_.stats().disconnects;
    if (state_ == State::streaming)
      (got < 0 && errno == ETIMEDOUT ? disconnects.dead : disconnects.client).add();
    return close();
  }
  // What comes after the request that made a stream, or after the last answer, is not for us.
  if (state_ == State::request) take_input({buffer.data(), static_cast<std::size_t>(got)});
}

void Connection::writable() {
  if (state_ == State::streaming)
    set_aside(Wait::writable, {});  // with all others that lag, so that they share one budget
  else if (state_ == State::opening)
    flush_opening();
  else if (state_ == State::request)
    flush_answer();
}

void Connection::take_input(std::string_view bytes) {
  if (!exchange_)
    exchange_ = std::make_unique<Exchange>(worker_.options().request, worker_.shared().bodies);
  if (!exchange_->out.empty()) return;
  while (!bytes.empty() && take_message(bytes)) {
    if (exchange_->out.empty() && !exchange_->held && exchange_->ticket == 0) continue;
    // The peer sends requests faster than it takes answers: let it wait.
    exchange_->in.assign(bytes);
    return;
  }
}

void Connection::hold() {
  exchange_->held = true;
  arm(0);
  worker_.add_held(*this);
}

void Connection::retry() {
  exchange_->held = false;
  arm(EPOLLIN);
  worker_.router().handle(*this, exchange_->parser.request());
  take_waiting_input();
}

std::uint64_t Connection::await(std::uint64_t patience_ms) {
  if (state_ == State::request) {
    arm(0);
    deadline_ms = worker_.now_ms() + patience_ms;
  }
  return exchange_->ticket = worker_.add_ticket(*this);
}

void Connection::answered(std::optional<redis::Receipt> receipt) {
  exchange_->ticket = 0;
  exchange_->receipt = std::move(receipt);
  if (state_ == State::request) return retry();
  worker_.router().handle(*this, exchange_->parser.request());
}

bool Connection::begin_opening(std::string_view bytes) {
  state_ = State::opening;
  deadline_ms = worker_.now_ms() + worker_.opening_silence_ms();
  exchange_->out.append(bytes);
  flush_opening();
  return state_ == State::opening;
}

// When all is out, a replay goes on.
void Connection::flush_opening() {
  std::string& out = exchange_->out;
  if (out.empty()) return;
  const ssize_t sent = ::send(fd_.get(), out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return close();
  if (sent > 0) {
    out.erase(0, static_cast<std::size_t>(sent));
    deadline_ms = worker_.now_ms() + worker_.opening_silence_ms();
  }
  arm(out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  if (out.empty() && exchange_->replay && exchange_->ticket == 0)
    worker_.router().handle(*this, exchange_->parser.request());
}

void Connection::opening_timed_out() {
  constexpr std::string_view kHeartbeat = ":\n\n";
  deadline_ms = worker_.now_ms() + worker_.opening_silence_ms();
  if (!exchange_->out.empty()) return;  // the peer does not read: TCP knows when that is too long
  exchange_->out = kHeartbeat;
  flush_opening();
}

void Connection::take_waiting_input() {
  if (state_ != State::request || !exchange_ || exchange_->held || exchange_->ticket != 0 ||
      !exchange_->out.empty())
    return;
  if (const std::string waiting = std::exchange(exchange_->in, {}); !waiting.empty())
    take_input(waiting);
}

// Takes one step in the message under way; false when the connection is to take no more now.
bool Connection::take_message(std::string_view& bytes) {
  using Status = http::RequestParser::Status;
  http::RequestParser& parser = exchange_->parser;
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
      return state_ == State::request && exchange_->out.empty() && take_message(bytes);
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

// Ends the connection: where its next request would begin is not known.
void Connection::refuse(int status, std::string_view reason, http::HeaderList headers) {
  worker_.stats().refused.add();
  respond(http::error_response(status, reason, dated(std::move(headers)), false, 1), false);
}

void Connection::send_interim(std::string_view bytes) noexcept {
  // A new request on a socket whose buffer is full is a peer that does not read: it waits in vain.
  [[maybe_unused]] const ssize_t sent =
      ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Connection::respond(std::string bytes, bool keep_alive) {
  exchange_->close_after = !keep_alive || worker_.draining();
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(bytes.size())) return answer_sent();
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return close();
  exchange_->out = sent > 0 ? bytes.substr(static_cast<std::size_t>(sent)) : std::move(bytes);
  arm(EPOLLOUT);
}

void Connection::flush_answer() {
  if (!exchange_ || exchange_->out.empty()) return;
  std::string& out = exchange_->out;
  const ssize_t sent = ::send(fd_.get(), out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return close();
  if (sent > 0) out.erase(0, static_cast<std::size_t>(sent));
  if (!out.empty()) return;
  out.shrink_to_fit();
  arm(EPOLLIN);
  answer_sent();
  take_waiting_input();
}

void Connection::answer_sent() {
  deadline_ms = worker_.now_ms() + worker_.options().idle_ms;
  if (exchange_->close_after) return linger();
  exchange_->parser.reset();
  exchange_->body.resize(0);
}

// Closing with input unread would reset the connection and could destroy the answer on its way.
void Connection::linger() {
  state_ = State::lingering;
  deadline_ms = worker_.now_ms() + worker_.options().linger_ms;
  ::shutdown(fd_.get(), SHUT_WR);
  arm(EPOLLIN);
}

void Connection::timed_out() {
  if (state_ == State::opening) return opening_timed_out();
  if (exchange_ && exchange_->ticket != 0) return worker_.router().gave_up(*this);
  const bool owed = state_ == State::request && !is_idle() && exchange_->out.empty();
  if (!owed) return close();
  if (std::exchange(exchange_->held, false)) {
    worker_.forget_held(*this);
    return refuse(503, "streams are too far behind to publish more", {{"Retry-After", "1"}});
  }
  refuse(408, "the request did not arrive in time");
}

bool Connection::is_idle() const noexcept {
  return state_ == State::request &&
         (!exchange_ || (!exchange_->parser.head_started() && exchange_->out.empty()));
}

void Connection::arm(std::uint32_t events) noexcept {
  worker_.poller().change(fd_.get(), events, *this);
}

}  // namespace sse::server
