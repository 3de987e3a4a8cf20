// Answers that are no stream but complete: what EventSourceOptions::plain_answers allows.
#include <algorithm>
#include <utility>

#include <sse/encoder.hpp>

#include "client/event_source.hpp"
#include "client/media_type.hpp"
#include "client/request_headers.hpp"

namespace sse::client {
namespace {

constexpr int kAccepted = 202;

}  // namespace

bool EventSource::is_plain_answer(const ResponseHead& head) const {
  if (!options_.plain_answers) return false;
  return head.status == kAccepted || (head.status == 200 && is_json_type(head.content_types));
}

void EventSource::begin_answer(const ResponseHead& head) {
  answer_head_ = head;
  state_ = State::answering;
  answer_.clear();
}

Flow EventSource::collect_answer(std::string_view bytes) {
  if (bytes.size() > options_.limits.event_bytes_max - answer_.size()) {
    fail({.kind = ErrorKind::limit, .message = "answer larger than event_bytes_max"});
    return Flow::stop;
  }
  answer_.append(bytes);
  return Flow::more;
}

void EventSource::settle_answer(TransferResult result, const std::string& message) {
  if (result != TransferResult::complete)
    return fail({.kind = ErrorKind::lost, .message = message});
  const std::string answer = std::exchange(answer_, {});
  if (!is_valid_utf8(answer))
    return fail({.kind = ErrorKind::not_event_stream, .message = "the JSON answer is not UTF-8"});
  if (!answer.empty()) observer_.on_answer(answer_head_, answer);
  if (state_ != State::closed) fail({.kind = ErrorKind::answered, .message = "answered in full"});
}

// What the server said last wins over what the user gave at first.
void EventSource::add_session(Request& request) const {
  if (mcp_session_.empty()) return;
  std::erase_if(request.headers,
                [](const std::string& line) { return header_name(line) == "mcp-session-id"; });
  request.headers.push_back("Mcp-Session-Id: " + mcp_session_);
}

// A request that got its stream is not made again: the stream is asked for instead.
void EventSource::turn_into_get(Request& request) const {
  if (!options_.resume_by_get || !was_open_) return;
  request.method = "GET";
  request.body.reset();
  std::erase_if(request.headers,
                [](const std::string& line) { return header_name(line) == "content-type"; });
}

bool EventSource::may_resume() const {
  return !options_.resume_by_get || !was_open_ || options_.request.method == "GET" ||
         !parser_.last_event_id().empty();
}

}  // namespace sse::client
