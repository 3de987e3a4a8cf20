#include "server/http2/http2_stream.hpp"

#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "server/date_header.hpp"
#include "server/http2/http2_connection.hpp"
#include "server/router.hpp"
#include "server/socket_io.hpp"
#include "server/worker.hpp"

namespace sse::server {

namespace {

// Clients send this much without having been asked, and some take it for a failure if the stream
// ends before they are through: they are not interrupted.
constexpr std::size_t kUnaskedBytes = 64u << 10;

bool comes_anyway(const http::Request& request) {
  const std::string* length = request.header("content-length");
  std::size_t bytes = 0;
  return length != nullptr && !request.expect_continue &&
         std::from_chars(length->data(), length->data() + length->size(), bytes).ec ==
             std::errc() &&
         bytes <= kUnaskedBytes;
}

}  // namespace

struct Http2Stream::Http2Exchange final : Exchange {
  Http2Exchange(const http::RequestLimits& allowed, BodyBudget& bodies)
      : Exchange(bodies), head(asked, allowed), limits(allowed) {}
  http::Request& request() noexcept override { return asked; }

  http::Request asked;
  http::Http2Head head;
  const http::RequestLimits& limits;
  std::optional<http::HttpError> error;  ///< of the request
  bool head_complete = false;
  bool head_seen = false;  ///< by the router
};

Http2Stream::Http2Stream(Http2Connection& connection, Http2Session::Id id, std::int64_t w)
    : Stream(connection.worker(), connection.listener()),
      window(w),
      connection_(connection),
      id_(id) {
  deadline_ms = worker_.now_ms() + worker_.options().head_ms;
  exchange_ = std::make_unique<Http2Exchange>(worker_.options().request, worker_.shared().bodies);
}

Http2Stream::Http2Exchange& Http2Stream::http2() const noexcept {
  return static_cast<Http2Exchange&>(*exchange_);
}

int Http2Stream::fd() const noexcept { return connection_.fd(); }

ssize_t Http2Stream::write(const iovec* pieces, std::size_t count) noexcept {
  return gone_ ? -EPIPE : connection_.send_data(*this, pieces, count);
}

void Http2Stream::arm(bool, bool output) noexcept {
  if (output)
    connection_.await_writable(*this);
  else
    connection_.forget_waiting(*this);
}

void Http2Stream::release(Close how) noexcept {
  if (!gone_) {
    const bool cut = exchange_ && !exchange_->out.empty();
    const bool whole = how == Close::orderly && head_sent_ && !cut;
    if (end_sent_)
      connection_.session().reset(id_, Http2Error::none);
    else if (whole)
      connection_.session().send_end(id_);
    else
      connection_.session().reset(id_, Http2Error::cancel);
  }
  connection_.forget(*this);
}

void Http2Stream::ended() noexcept {
  if (state_ == State::closed) return;
  gone_ = true;
  if (state_ == State::streaming)
    worker_.draining() ? worker_.stats().disconnects.shutdown.add() : count_disconnect(0);
  close(Close::abort);
}

void Http2Stream::add_header(std::string_view name, std::string_view value) {
  if (exchange_ && state_ == State::request) http2().head.add(name, value);
}

void Http2Stream::head_complete(bool last) {
  request_complete_ = last;
  if (!exchange_) return;
  http2().head_complete = true;
  http2().error = http2().head.finish(!last);
  deadline_ms = worker_.now_ms() + worker_.options().body_ms;
}

void Http2Stream::add_body(std::string_view bytes) {
  if (state_ != State::request || http2().error || !exchange_->out.empty()) return;
  std::string& body = exchange_->request().body;
  if (!exchange_->request().has_body) {
    http2().error = http::HttpError{400, "only a POST has a body here"};
  } else if (body.size() + bytes.size() > http2().limits.body_bytes_max) {
    http2().error = http::HttpError{413, "request body too large"};
  } else if (!exchange_->body.resize(body.size() + bytes.size())) {
    http2().error = http::HttpError{503, std::string(kBodiesRefused)};
  } else {
    body.append(bytes);
  }
}

void Http2Stream::serve() {
  if (state_ != State::request || !exchange_->out.empty() || head_sent_) return;
  const http::Request& request = exchange_->request();
  if (const auto& error = http2().error) {
    const bool later = error->status == 503;
    return refuse(error->status, std::string(error->reason),
                  later ? http::HeaderList{{"Retry-After", "1"}} : http::HeaderList());
  }
  if (!std::exchange(http2().head_seen, true) && request.has_body && !comes_anyway(request)) {
    worker_.router().head_arrived(*this, request);
    if (state_ != State::request || head_sent_) return;
  }
  if (!request_complete_) return;
  worker_.stats().requests.add();
  worker_.router().handle(*this, request);
}

void Http2Stream::send_head(int status, const http::HeaderList& headers) {
  head_sent_ = status >= 200;
  connection_.session().send_head(id_, status, headers);
}

void Http2Stream::send_continue() noexcept { send_head(100, {}); }

std::string Http2Stream::start_head(const http::StreamHead& head) {
  send_head(200, http::stream_headers(head));
  return {};
}

void Http2Stream::respond_head(const http::StreamHead& head) {
  send_head(200, http::stream_headers(head));
  finish();
}

// A request whose head never came to its end keeps the whole connection from going on.
void Http2Stream::respond(const http::Response& answer, bool) {
  if (!http2().head_complete) return connection_.terminate(Http2Error::calm);
  send_head(answer.status, http::response_headers(answer.status, answer.content_type,
                                                  answer.body.size(), answer.headers));
  // A place for a page of the operator's is for one.
  if (listener_.above_max) connection_.leave();
  if (http::may_have_body(answer.status) && request().method != http::Method::head)
    exchange_->out = answer.body;
  exchange_->drop_request();
  flush_answer();
}

void Http2Stream::flush_answer() {
  std::string& out = exchange_->out;
  const iovec piece{out.data(), out.size()};
  const ssize_t sent = out.empty() ? 0 : write(&piece, 1);
  if (is_failure(sent)) return close();
  if (sent > 0) out.erase(0, static_cast<std::size_t>(sent));
  if (out.empty()) return finish();
  deadline_ms = worker_.now_ms() + worker_.options().idle_ms;
  arm(true, true);
}

// Who is answered before the request is complete need not go on with it. But to be told so makes
// some clients drop the answer, so they get time to stop by themselves.
void Http2Stream::finish() {
  if (request_complete_) return close();
  connection_.session().send_end(id_);
  end_sent_ = true;
  state_ = State::lingering;
  deadline_ms = worker_.now_ms() + worker_.options().linger_ms;
}

}  // namespace sse::server
