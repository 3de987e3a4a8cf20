#include "server/stream.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/date_header.hpp"
#include "server/gap.hpp"
#include "server/router.hpp"
#include "server/socket_io.hpp"
#include "server/worker.hpp"

// What becomes of a request: it waits, is refused, or opens an event stream. That stream's life is
// in event_stream.cpp.
namespace sse::server {

void Stream::close(Close how) noexcept {
  if (state_ == State::closed) return;
  if (state_ == State::streaming)
    leave_channels();
  else
    worker_.forget_deadline(*this);
  if (exchange_ && exchange_->held) worker_.forget_held(*this);
  if (exchange_ && exchange_->ticket != 0) worker_.forget_ticket(exchange_->ticket);
  state_ = State::closed;
  release(how);
  exchange_.reset();
  worker_.bury(*this);
}

void Stream::writable() {
  if (state_ == State::streaming)
    set_aside(Wait::writable, {});  // with all others that lag, so that they share one budget
  else if (state_ == State::opening)
    flush_opening();
  else if (state_ == State::request)
    flush_answer();
}

ssize_t Stream::write(std::string_view bytes) noexcept {
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return write(&piece, 1);
}

void Stream::hold() {
  exchange_->held = true;
  if (!std::exchange(exchange_->was_held, true)) worker_.stats().held.add();
  arm(false, false);
  worker_.add_held(*this);
}

void Stream::retry() {
  exchange_->held = false;
  arm(true, false);
  worker_.router().handle(*this, request());
  take_waiting_input();
}

std::uint64_t Stream::await(std::uint64_t patience_ms) {
  if (state_ == State::request) {
    arm(false, false);
    deadline_ms = worker_.now_ms() + patience_ms;
  }
  return exchange_->ticket = worker_.add_ticket(*this);
}

void Stream::answered(std::optional<redis::Receipt> receipt) {
  exchange_->ticket = 0;
  exchange_->receipt = std::move(receipt);
  if (state_ == State::request) return retry();
  worker_.router().handle(*this, request());
}

bool Stream::begin_opening(std::string_view bytes) {
  state_ = State::opening;
  deadline_ms = worker_.now_ms() + worker_.opening_silence_ms();
  exchange_->out.append(bytes);
  flush_opening();
  return state_ == State::opening;
}

// When all is out, a replay goes on.
void Stream::flush_opening() {
  std::string& out = exchange_->out;
  const ssize_t sent = out.empty() ? 0 : write(out);
  if (is_failure(sent)) return close();
  if (sent > 0) {
    out.erase(0, static_cast<std::size_t>(sent));
    deadline_ms = worker_.now_ms() + worker_.opening_silence_ms();
  }
  const bool all_out = out.empty() && flush();
  arm(true, !all_out);
  if (all_out && exchange_->replay && exchange_->ticket == 0)
    worker_.router().handle(*this, request());
}

void Stream::opening_timed_out() {
  constexpr std::string_view kHeartbeat = ":\n\n";
  deadline_ms = worker_.now_ms() + worker_.opening_silence_ms();
  if (!exchange_->out.empty()) return;  // the peer does not read: TCP knows when that is too long
  exchange_->out = kHeartbeat;
  flush_opening();
}

// Ends the connection: where its next request would begin is not known.
void Stream::refuse(int status, std::string_view reason, http::HeaderList headers) {
  worker_.stats().refused.add();
  respond(http::error_answer(status, reason, dated(std::move(headers))), false);
}

void Stream::timed_out() {
  if (state_ == State::opening) return opening_timed_out();
  if (exchange_ && exchange_->ticket != 0) return worker_.router().gave_up(*this);
  const bool owed = state_ == State::request && !is_idle() && !exchange_->is_answered();
  if (!owed) return close();
  if (std::exchange(exchange_->held, false)) {
    worker_.forget_held(*this);
    return refuse(503, "streams are too far behind to publish more", {{"Retry-After", "1"}});
  }
  refuse(408, "the request did not arrive in time");
}

void Stream::drain() {
  if (is_idle() || state_ == State::opening) close();
}

void Stream::abort() noexcept { close(Close::abort); }

}  // namespace sse::server
