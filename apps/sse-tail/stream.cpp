#include "stream.hpp"

#include <utility>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "client/stream_url.hpp"
#include "ending.hpp"
#include "printable.hpp"
#include "tail.hpp"

namespace sse::tail {
namespace {

std::string explanation(const client::StreamError& error) {
  std::string text = error.kind == client::ErrorKind::unreachable ? "cannot connect: " : "";
  append_printable(text, error.message);
  if (error.kind == client::ErrorKind::limit)
    text += "; raise --line-bytes-max or --event-bytes-max";
  if (!error.body_line.empty()) {
    text += ": ";
    append_printable(text, error.body_line);
  }
  if (error.reconnect_in) text += "; connecting again in " + format_duration(*error.reconnect_in);
  return text;
}

}  // namespace

Stream::Stream(Tail& tail, std::size_t index, const client::EventSourceOptions& options,
               std::unique_ptr<client::Transport> transport, std::string label)
    : tail_(tail),
      index_(index),
      label_(std::move(label)),
      url_(client::display_url(options.request.url)),
      transport_(std::move(transport)),
      source_(options, *transport_, *this),
      sequence_(tail.settings().sequence) {
  if (tail.settings().dedup != 0) duplicates_.emplace(tail.settings().dedup);
}

void Stream::close(std::string_view reason) {
  if (source_.closed()) return;
  source_.close();
  tail_.formatter_->close(label_, reason, tail_.sink_.buffer());
}

void Stream::on_open(const client::ResponseHead& head) {
  complained_ = false;
  tell_mcp_session(head);
  status_.open_since = monotonic_ms();
  status_.retry_at.reset();
  if (duplicates_) duplicates_->on_connection(source_.last_event_id());
  if (auto* recorder = tail_.recorder()) recorder->opened(url_);
  if (tail_.verbose()) say("connected to " + client::display_url(head.url));
  tail_.formatter_->open(label_, head, tail_.sink_.buffer());
}

void Stream::tell_mcp_session(const client::ResponseHead& head) {
  if (!tail_.settings().mcp || !head.mcp_session || *head.mcp_session == mcp_session_) return;
  mcp_session_ = *head.mcp_session;
  std::string told = "Mcp-Session-Id: ";
  append_printable(told, mcp_session_);
  say(told);
}

void Stream::on_event(const Event& event) {
  if (auto* recorder = tail_.recorder()) recorder->event(url_, event);
  if (duplicates_ && duplicates_->seen(event)) return;
  ++status_.events;
  rate_.on_event();
  status_.last_event = status_.last_bytes;
  if (sequence_ || event.type == "gap") check(event);
  tail_.on_event(*this, event);
}

void Stream::check(const Event& event) {
  const Finding gap = reported_gap(event);
  if (gap) say(*gap);
  if (!sequence_) return;
  const Finding hole = gap ? std::nullopt : sequence_->check(event);
  if (hole) say(*hole);
  if (gap || hole) tail_.on_expectation_failed();
}

void Stream::on_comment(std::string_view text) {
  tail_.formatter_->comment(label_, text, tail_.sink_.buffer());
}

// An answer in full is one event.
void Stream::on_answer(const client::ResponseHead& head, std::string_view body) {
  tell_mcp_session(head);
  while (body.ends_with('\n')) body.remove_suffix(1);
  on_event({"message", body, ""});
}

void Stream::on_retry(std::uint64_t ms) {
  if (tail_.verbose()) say("the server sets the reconnection time to " + std::to_string(ms) + "ms");
  tail_.formatter_->retry(label_, ms, tail_.sink_.buffer());
}

void Stream::on_bytes(std::string_view bytes) {
  status_.last_bytes = monotonic_ms();
  tail_.on_bytes(*status_.last_bytes);
  if (auto* recorder = tail_.recorder()) recorder->bytes(url_, bytes);
  tail_.formatter_->bytes(label_, bytes, tail_.sink_.buffer());
}

bool Stream::on_batch_end() { return tail_.on_batch_end(); }

void Stream::on_error(const client::StreamError& error) {
  status_.open_since.reset();
  if (error.reconnect_in)
    status_.retry_at = monotonic_ms() + static_cast<std::uint64_t>(error.reconnect_in->count());
  explain(error);
  tail_.formatter_->error(label_, error, tail_.sink_.buffer());
  if (error.reconnect_in) return;
  tail_.formatter_->close(label_, name_of(error.kind), tail_.sink_.buffer());
  tail_.on_stream_closed(exit_for(error.kind, tail_.wants_more()));
}

// The end of a stream is everyday life; an outage is worth one line.
void Stream::explain(const client::StreamError& error) {
  const bool everyday =
      error.kind == client::ErrorKind::ended || error.kind == client::ErrorKind::no_content ||
      error.kind == client::ErrorKind::answered || error.kind == client::ErrorKind::interrupted;
  const bool final = !error.reconnect_in;
  const bool silent = final ? everyday && !tail_.wants_more() : everyday || complained_;
  if (!everyday && !final) complained_ = true;
  if (!silent || tail_.verbose()) say(explanation(error));
}

void Stream::on_warning(std::string_view message) { say(message); }

void Stream::say(std::string_view message) { tail_.say(url_ + ": " + std::string(message)); }

std::string Stream::status() {
  status_.closed = source_.closed();
  const std::uint64_t now = monotonic_ms();
  return describe(status_, rate_.sample(now), source_.last_event_id(), now);
}

}  // namespace sse::tail
