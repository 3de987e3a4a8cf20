#include "client/event_source.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "client/media_type.hpp"
#include "client/request_headers.hpp"
#include "client/retry_after.hpp"

namespace sse::client {
namespace {

using std::chrono::milliseconds;

// How much of a wrong answer is read, and for how long, to show its first line.
constexpr std::size_t kRejectedBodyBytesMax = 512;
constexpr std::uint64_t kRejectedBodyWaitMs = 2000;

ParserReports reports(const EventSourceOptions& options) {
  return {.comments = options.report_comments, .retries = true};
}

milliseconds since(std::uint64_t then, std::uint64_t now) {
  return milliseconds{static_cast<std::int64_t>(now - then)};
}

std::string reject_message(const ResponseHead& head, ErrorKind kind) {
  if (kind == ErrorKind::no_content) return "the server answered 204: it asks to stop";
  if (kind == ErrorKind::refused)
    return "the server answered with HTTP status " + std::to_string(head.status);
  if (head.content_types.empty()) return "the answer has no Content-Type, not text/event-stream";
  return "the answer is " + head.content_types.back() + ", not text/event-stream";
}

// The first line that is not blank, when `body` holds one whole or `at_end`.
std::optional<std::string> first_line(std::string_view body, bool at_end) {
  const std::size_t start = body.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return at_end ? std::optional(std::string()) : std::nullopt;
  const std::size_t end = body.find_first_of("\r\n", start);
  if (end == std::string_view::npos && !at_end) return std::nullopt;
  return std::string(body.substr(start, end == std::string_view::npos ? end : end - start));
}

ErrorKind kind_of(TransferResult result) {
  switch (result) {
    case TransferResult::complete:
      return ErrorKind::ended;
    case TransferResult::cut:
      return ErrorKind::lost;
    case TransferResult::unreachable:
    case TransferResult::bad_certificate:
      return ErrorKind::unreachable;
    case TransferResult::bad_redirect:
      return ErrorKind::refused;
    case TransferResult::not_http:
      return ErrorKind::not_event_stream;
    case TransferResult::unusable:
      break;
  }
  return ErrorKind::unusable;
}

}  // namespace

Surroundings Surroundings::real() {
  return {&sse::monotonic_ms, &sse::unix_ms,
          [engine = std::minstd_rand(std::random_device{}())]() mutable {
            return std::uniform_real_distribution<double>(0, 1)(engine);
          }};
}

EventSource::EventSource(EventSourceOptions options, Transport& transport,
                         EventSourceObserver& observer, Surroundings surroundings)
    : options_(std::move(options)),
      transport_(transport),
      observer_(observer),
      surroundings_(std::move(surroundings)),
      policy_(options_.reconnect, surroundings_.random),
      parser_(options_.limits, reports(options_)) {
  parser_.reset(options_.last_event_id);
}

EventSource::~EventSource() { close(); }

void EventSource::connect() { send_request(); }

void EventSource::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  transport_.cancel();
}

void EventSource::reconnect_now() {
  if (state_ == State::closed || state_ == State::idle) return;
  const bool was_waiting = state_ == State::waiting;
  if (state_ == State::open) leave_stream();
  transport_.cancel();
  state_ = State::waiting;
  act_at_ = now();
  if (!was_waiting)
    observer_.on_error({.kind = ErrorKind::interrupted,
                        .message = "asked to reconnect now",
                        .reconnect_in = milliseconds{0}});
}

void EventSource::resume() {
  if (!paused_) return;
  paused_ = false;
  last_activity_ = now();
  transport_.resume();
}

std::optional<std::uint64_t> EventSource::deadline() const {
  switch (state_) {
    case State::waiting:
    case State::rejecting:
      return act_at_;
    case State::connecting:
    case State::answering:
    case State::open:
      if (!options_.idle_max || paused_) return std::nullopt;
      return last_activity_ + static_cast<std::uint64_t>(options_.idle_max->count());
    default:
      return std::nullopt;
  }
}

void EventSource::tick() {
  const auto due = deadline();
  if (!due || now() < *due) return;
  if (state_ == State::waiting) return send_request();
  if (state_ == State::rejecting) return settle_rejection();
  on_idle();
}

void EventSource::send_request() {
  Request request = options_.request;
  const std::string_view id = parser_.last_event_id();
  if (options_.bearer_token) {
    const auto token = options_.bearer_token();
    if (!token) {
      policy_.on_failure();
      return reestablish({.kind = ErrorKind::unreachable, .message = token.error().message});
    }
    request.headers.push_back("Authorization: Bearer " + *token);
  }
  add_session(request);
  turn_into_get(request);
  request.headers = request_headers(request.headers, id);
  if (!is_legal_header_value(id) && !std::exchange(warned_of_id_, true))
    observer_.on_warning("the last event ID is no legal header value: Last-Event-ID is not sent");
  if (state_ == State::closed) return;
  state_ = State::connecting;
  paused_ = false;
  last_activity_ = now();
  transport_.start(request, *this);
}

void EventSource::on_head(const ResponseHead& head) {
  last_activity_ = now();
  if (options_.resume_by_get && head.mcp_session && is_legal_header_value(*head.mcp_session))
    mcp_session_ = *head.mcp_session;
  if (is_plain_answer(head)) return begin_answer(head);
  if (head.status == 200 && is_event_stream(head.content_types)) return announce(head);
  reject(head);
}

// WHATWG HTML 9.2.3 "announce the connection".
void EventSource::announce(const ResponseHead& head) {
  state_ = State::open;
  was_open_ = true;
  opened_at_ = now();
  parser_.reset();
  observer_.on_open(head);
}

// Not a stream. Its first line is worth showing (it is usually a login page), so the connection
// fails only when that has come, the answer ends, or it takes too long.
void EventSource::reject(const ResponseHead& head) {
  const bool stopped = head.status == 204 && was_open_;
  rejection_ = {.kind = stopped              ? ErrorKind::no_content
                        : head.status == 200 ? ErrorKind::not_event_stream
                                             : ErrorKind::refused,
                .status = head.status};
  rejection_.message = reject_message(head, rejection_.kind);
  retry_after_.reset();
  if ((head.status == 429 || head.status == 503 || may_retry(head.status)) && head.retry_after)
    retry_after_ = parse_retry_after(*head.retry_after, surroundings_.unix_ms());
  state_ = State::rejecting;
  act_at_ = now() + kRejectedBodyWaitMs;
}

Flow EventSource::on_body(std::string_view bytes) {
  last_activity_ = now();
  if (state_ == State::rejecting) return collect_rejection(bytes);
  if (state_ == State::answering) return collect_answer(bytes);
  if (state_ == State::open) return interpret(bytes);
  return Flow::stop;
}

Flow EventSource::collect_rejection(std::string_view bytes) {
  std::string& body = rejection_.body_line;
  body.append(bytes.substr(0, kRejectedBodyBytesMax - body.size()));
  if (body.size() < kRejectedBodyBytesMax && !first_line(body, false)) return Flow::more;
  settle_rejection();
  return Flow::stop;
}

void EventSource::settle_rejection() {
  StreamError error = std::move(rejection_);
  error.body_line = first_line(error.body_line, true).value_or("");
  if (!may_retry(error.status)) return fail(std::move(error));
  policy_.on_failure(retry_after_);
  reestablish(std::move(error));
}

bool EventSource::may_retry(int status) const {
  if (retry_after_) return true;
  return std::any_of(
      options_.retry_statuses.begin(), options_.retry_statuses.end(),
      [status](const StatusRange& r) { return r.first <= status && status <= r.last; });
}

Flow EventSource::interpret(std::string_view bytes) {
  observer_.on_bytes(bytes);
  parser_.feed(bytes);
  while (state_ == State::open) {
    const ParseResult result = parser_.next();
    if (result == ParseResult::event) {
      policy_.on_event();
      observer_.on_event(parser_.event());
    } else if (result == ParseResult::need_input) {
      break;
    } else {
      deliver(result);
    }
  }
  const bool wants_more = observer_.on_batch_end();
  if (state_ != State::open) {
    parser_.reset();  // in the middle of bytes that go away
    return Flow::stop;
  }
  paused_ = !wants_more;
  return wants_more ? Flow::more : Flow::pause;
}

// What is no event.
void EventSource::deliver(ParseResult result) {
  switch (result) {
    case ParseResult::comment:
      return observer_.on_comment(parser_.comment());
    case ParseResult::retry: {
      const std::uint64_t ms = parser_.reconnection_time_ms().value_or(0);
      policy_.set_reconnection_time(ms);
      return observer_.on_retry(ms);
    }
    case ParseResult::line_too_long:
    case ParseResult::event_too_long:
      return fail({.kind = ErrorKind::limit, .message = std::string(describe(result))});
    default:
      return;
  }
}

void EventSource::on_end(const TransferEnd& end) {
  if (state_ == State::rejecting) return settle_rejection();
  if (state_ == State::answering) return settle_answer(end.result, end.message);
  StreamError error{.kind = kind_of(end.result), .message = end.message};
  if (state_ == State::open) {
    leave_stream();
    if (error.kind != ErrorKind::ended) error.kind = ErrorKind::lost;
    if (error.message.empty()) error.message = "the stream ended";
    return reestablish(std::move(error));
  }
  if (end.result == TransferResult::complete || end.result == TransferResult::cut)
    error.kind = ErrorKind::unreachable;
  policy_.on_failure();
  const bool may_retry =
      error.kind == ErrorKind::unreachable && end.result != TransferResult::bad_certificate;
  may_retry ? reestablish(std::move(error)) : fail(std::move(error));
}

void EventSource::on_idle() {
  if (state_ == State::open) {
    leave_stream();
  } else {
    policy_.on_failure();
  }
  reestablish({.kind = ErrorKind::idle,
               .message = "nothing received for " + format_duration(*options_.idle_max)});
}

void EventSource::leave_stream() { policy_.on_stream_end(since(opened_at_, now())); }

// WHATWG HTML 9.2.3 "reestablish the connection", up to the wait.
void EventSource::reestablish(StreamError error) {
  const auto delay = may_resume() ? policy_.next_delay() : std::nullopt;
  if (!delay) return fail(std::move(error));
  transport_.cancel();
  state_ = State::waiting;
  act_at_ = now() + static_cast<std::uint64_t>(delay->count());
  error.reconnect_in = delay;
  observer_.on_error(error);
}

// WHATWG HTML 9.2.3 "fail the connection".
void EventSource::fail(StreamError error) {
  close();
  observer_.on_error(error);
}

}  // namespace sse::client
