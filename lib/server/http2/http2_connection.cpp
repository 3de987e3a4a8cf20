#include "server/http2/http2_connection.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/http2/http2_stream.hpp"
#include "server/places.hpp"
#include "server/socket_io.hpp"
#include "server/worker.hpp"

// The connection and what comes in on it; what goes out is in http2_output.cpp.
namespace sse::server {

Http2Connection::Http2Connection(Worker& worker, Transport transport, const Listener& listener)
    : worker_(worker),
      transport_(std::move(transport)),
      listener_(listener),
      session_(*this, worker.options().http2.streams_max, worker.options().request.head_bytes_max) {
  deadline_ms = worker_.now_ms() + worker_.options().head_ms;
  worker_.watch_deadline(*this);
  worker_.stats().http2_connections.add();
  worker_.poller().change(fd(), EPOLLIN, *this);
  session();  // our settings go first
}

Http2Connection::~Http2Connection() = default;

Http2Session& Http2Connection::session() noexcept {
  session_dirty_ = true;
  stage();
  return session_;
}

void Http2Connection::stage() noexcept {
  if (!std::exchange(staged, true)) worker_.add_staged(*this);
}

void Http2Connection::close(bool drop) noexcept {
  if (std::exchange(closed_, true)) return;
  for (const std::vector<Http2Stream*> streams = streams_; Http2Stream * stream : streams) {
    stream->mark_gone();
    stream->ended();
  }
  worker_.forget_deadline(*this);
  worker_.poller().remove(fd());
  transport_.close(drop);
  worker_.stats().http2_connections.sub();
  leave_place(worker_, listener_);
  worker_.bury(*this);
}

void Http2Connection::ready(std::uint32_t events) noexcept {
  if (closed_) return;
  const Worker::InTurn in_turn(worker_);
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) readable();
  if (!closed_ && (events & EPOLLOUT) != 0) writable();
}

void Http2Connection::readable() {
  while (read_once() && transport_.has_pending_input()) continue;
}

bool Http2Connection::read_once() {
  auto& buffer = worker_.read_buffer();
  const ssize_t got = transport_.read(buffer.data(), buffer.size());
  if (got == -EAGAIN || got == -EINTR) return false;
  if (got <= 0) {
    close(false);
    return false;
  }
  if (!lingering_) take_input({buffer.data(), static_cast<std::size_t>(got)});
  stage();  // TLS may have something to say, too
  return !closed_;
}

void Http2Connection::take_input(std::string_view bytes) {
  for (;;) {
    const FrameGate::Step step = gate_.next(bytes);
    if (step.kind == FrameGate::Kind::need_input) break;
    if (!take_step(step)) return;
  }
  session();  // it may have something to say to that
  serve_queued();
}

// False when the connection takes nothing more.
bool Http2Connection::take_step(const FrameGate::Step& step) {
  if (is_flood(step)) {
    worker_.stats().http2_floods.add();
    terminate(Http2Error::calm);
    return false;
  }
  if (const auto error = fault(step)) {
    worker_.stats().http2_errors.add();
    terminate(*error);
    return false;
  }
  if (step.kind == FrameGate::Kind::window_update) widen(step);
  if (step.kind != FrameGate::Kind::pass) return true;
  if (step.head) last_stream_ = std::max(last_stream_, step.stream);
  if (step.reset) closed_streams_.end(step.stream);
  const bool fine = session_.receive(step.bytes);
  widen_all(std::exchange(wider_, 0));
  bury_ended();
  if (fine) return true;
  worker_.stats().http2_errors.add();
  close(false);
  return false;
}

// What the session does not see, or no longer knows: it forgets streams when they are closed.
std::optional<Http2Error> Http2Connection::fault(const FrameGate::Step& step) const {
  using Kind = FrameGate::Kind;
  if (step.kind == Kind::priority && (step.stream == 0 || step.stream == step.value))
    return Http2Error::protocol;
  if (step.kind == Kind::window_update && (step.value == 0 || !may_be_widened(step.stream)))
    return Http2Error::protocol;
  const bool known = step.stream <= last_stream_;
  if ((!step.head && !step.data) || !known || stream_of(step) != nullptr) return std::nullopt;
  return closed_streams_.fault(step.stream, step.head, step.last);
}

Http2Stream* Http2Connection::stream_of(const FrameGate::Step& step) const noexcept {
  return stream(static_cast<Http2Session::Id>(step.stream));
}

// Refused streams, too: who opened one may not know that yet.
bool Http2Connection::may_be_widened(std::uint32_t stream) const noexcept {
  return stream == 0 || (stream <= last_stream_ && stream % 2 == 1);
}

// What costs the server more than its sender, and serves nobody.
bool Http2Connection::is_flood(const FrameGate::Step& step) {
  const Http2Options& limits = worker_.options().http2;
  if (gate_.continuations() > limits.continuations_max) return true;
  if (!step.control) return false;
  const std::uint64_t second = worker_.now_ms() / 1000;
  if (std::exchange(control_second_, second) != second) control_frames_ = 0;
  return ++control_frames_ > limits.control_frames_max;
}

void Http2Connection::widen(const FrameGate::Step& step) {
  if (step.stream != 0) {
    Http2Stream* const widened = stream_of(step);
    if (widened == nullptr || widen(*widened, step.value)) return;
    session().reset(widened->id(), Http2Error::flow_control);
    widened->mark_gone();
    return widened->ended();
  }
  window_ += step.value;
  if (window_ > kWindowMax) return terminate(Http2Error::flow_control);
  if (!blocked_) wake_waiting();
}

// False if the window would be larger than windows may be.
bool Http2Connection::widen(Http2Stream& stream, std::int64_t bytes) {
  stream.window += bytes;
  if (stream.window > kWindowMax) return false;
  const bool waits_for_it = stream.wants_writable && stream.waiting_index == Http2Stream::kNowhere;
  if (waits_for_it && stream.window > 0) wake(stream);
  return true;
}

void Http2Connection::initial_window(std::uint32_t bytes) {
  wider_ += bytes - std::exchange(initial_window_, bytes);
}

void Http2Connection::widen_all(std::int64_t bytes) {
  if (bytes == 0) return;
  for (const std::vector<Http2Stream*> streams = streams_; Http2Stream * stream : streams)
    if (!widen(*stream, bytes)) return terminate(Http2Error::flow_control);
}

Http2Stream* Http2Connection::stream(Http2Session::Id id) const noexcept {
  return static_cast<Http2Stream*>(session_.user_of(id));
}

void Http2Connection::head_began(Http2Session::Id id) {
  auto* const stream = new Http2Stream(*this, id, initial_window_);  // freed by the graveyard
  session_.set_user(id, stream);
  stream->index = static_cast<std::uint32_t>(streams_.size());
  streams_.push_back(stream);
  worker_.watch_deadline(*stream);
  look_idle();
}

void Http2Connection::header(Http2Session::Id id, std::string_view name, std::string_view value) {
  if (Http2Stream* const asked = stream(id)) asked->add_header(name, value);
}

void Http2Connection::head_complete(Http2Session::Id id, bool last) {
  Http2Stream* const asked = stream(id);
  if (asked == nullptr) return;
  asked->head_complete(last);
  queue(*asked);
}

void Http2Connection::body(Http2Session::Id id, std::string_view bytes) {
  Http2Stream* const asked = stream(id);
  if (asked == nullptr) return;
  asked->add_body(bytes);
  queue(*asked);
}

void Http2Connection::body_complete(Http2Session::Id id) {
  Http2Stream* const asked = stream(id);
  if (asked == nullptr) return;
  asked->body_complete();
  queue(*asked);
}

void Http2Connection::reset(Http2Session::Id id) {
  if (Http2Stream* const stream = this->stream(id)) stream->body_complete();
}

void Http2Connection::closed(Http2Session::Id id) {
  Http2Stream* const stream = this->stream(id);
  if (stream == nullptr) return;
  stream->mark_gone();
  ended_.push_back(stream);
  stage();
}

void Http2Connection::queue(Http2Stream& stream) {
  if (!std::exchange(stream.queued, true)) queued_.push_back(&stream);
}

// After the session is done with its input: it must not be asked for output in the middle of it.
void Http2Connection::serve_queued() {
  for (Http2Stream* stream : std::exchange(queued_, {})) {
    stream->queued = false;
    stream->serve();
  }
}

void Http2Connection::bury_ended() {
  for (Http2Stream* stream : std::exchange(ended_, {})) stream->ended();
}

void Http2Connection::forget(Http2Stream& stream) noexcept {
  forget_waiting(stream);
  streams_[stream.index] = streams_.back();
  streams_[stream.index]->index = stream.index;
  streams_.pop_back();
  if (closed_) return;
  session_.set_user(stream.id(), nullptr);
  closed_streams_.add(static_cast<std::uint32_t>(stream.id()), stream.has_all_of_request());
  look_idle();
  stage();
}

void Http2Connection::look_idle() noexcept {
  if (lingering_ || leaving_) return;
  deadline_ms = streams_.empty() ? worker_.now_ms() + worker_.options().idle_ms : UINT64_MAX;
}

void Http2Connection::leave() noexcept {
  if (closed_ || lingering_ || std::exchange(leaving_, true)) return;
  session().go_away();
}

void Http2Connection::timed_out() {
  if (lingering_ || leaving_) return close(true);
  leave();
  deadline_ms = worker_.now_ms() + worker_.options().linger_ms;
}

void Http2Connection::drain() {
  leave();
  if (!lingering_) deadline_ms = UINT64_MAX;  // the whole server has one now
}

void Http2Connection::abort() noexcept { close(true); }

void Http2Connection::terminate(Http2Error why) {
  for (const std::vector<Http2Stream*> streams = streams_; Http2Stream * stream : streams) {
    stream->mark_gone();
    stream->ended();
  }
  leaving_ = true;
  deadline_ms = worker_.now_ms() + worker_.options().linger_ms;
  session().terminate(why);
}

}  // namespace sse::server
