#include "sse-bench/http1_session.hpp"

#include <utility>

namespace sse::bench {

Http1Session::Http1Session(std::string request, std::uint32_t stream, StreamEvents& events)
    : request_(std::move(request)), stream_(stream), events_(events) {}

std::string_view Http1Session::output() {
  if (sent_) {
    request_ = std::string();
    return {};
  }
  sent_ = true;
  return request_;
}

Result<void> Http1Session::receive(std::string_view bytes) {
  if (!head_ || receive_head(bytes)) receive_body(bytes);
  return {};
}

// True when the body begins; what follows the head is left in `bytes`.
bool Http1Session::receive_head(std::string_view& bytes) {
  using State = ResponseHead::State;
  if (!head_->started()) events_.began(stream_);
  bytes.remove_prefix(head_->feed(bytes));
  if (head_->state() == State::reading) return false;
  const std::unique_ptr<ResponseHead> head = std::move(head_);
  if (head->state() == State::malformed) {
    events_.ended(stream_, OpenFailure::not_event_stream, "the answer is not HTTP/1.x");
    return false;
  }
  body_ = BodyDecoder(*head);
  events_.answered(stream_, head->answer());
  return true;
}

void Http1Session::receive_body(std::string_view bytes) {
  std::string_view piece;
  while (body_.next(bytes, piece)) events_.received(stream_, piece);
  if (body_.malformed())
    events_.ended(stream_, OpenFailure::connect, "the chunks of the body are malformed");
  else if (body_.done())
    events_.ended(stream_, OpenFailure::connect, "the response ended");
}

}  // namespace sse::bench
