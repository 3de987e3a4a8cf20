#include "sse-pub/http_target.hpp"

#include "sse-pub/http_answer.hpp"

namespace sse::pub {
namespace {

using Outcome = BatchResult::Outcome;
using Kind = client::HttpAnswer::Kind;

constexpr int kTooManyRequests = 429;
constexpr int kServiceUnavailable = 503;

}  // namespace

// Encodes as many events of the first one's channel as fit into a body; at least one.
std::size_t HttpTarget::take_body(std::span<const OutgoingEvent> events) {
  body_.clear();
  std::size_t taken = 0;
  for (const OutgoingEvent& event : events) {
    if (event.channel != events.front().channel) break;
    const std::size_t before = body_.size();
    encode(event.fields(), body_);
    if (taken > 0 && body_.size() > batch_bytes_max_) {
      body_.resize(before);
      break;
    }
    ++taken;
  }
  return taken;
}

void HttpTarget::account(const client::HttpAnswer& answer, std::size_t sent,
                         BatchResult& result) const {
  switch (answer.kind) {
    case Kind::answered:
      break;
    case Kind::not_connected:
      result.outcome = Outcome::unreachable;
      break;
    case Kind::lost:
      result.outcome = Outcome::lost;
      break;
    case Kind::interrupted:
      result.outcome = Outcome::interrupted;
      break;
  }
  result.reason = answer.reason;
  if (answer.kind == Kind::lost || answer.kind == Kind::interrupted) result.unknown = sent;
  if (answer.kind != Kind::answered) return;
  if (answer.status >= 200 && answer.status < 300) {
    const std::size_t accepted = accepted_count(answer, sent);
    result.accepted += accepted;
    result.refused += sent - accepted;
    result.answers.push_back(answer_line(answer));
    if (accepted == sent) return;
    result.outcome = Outcome::refused;
    result.reason = "the answer has fewer ids than events were sent";
    return;
  }
  const bool later = answer.status == kTooManyRequests || answer.status == kServiceUnavailable;
  result.outcome = later ? Outcome::not_now : Outcome::refused;
  if (!later) result.refused += sent;
  result.reason = refusal_reason(answer);
}

BatchResult HttpTarget::send(std::span<const OutgoingEvent> events) {
  BatchResult result;
  while (!events.empty() && result.outcome == Outcome::accepted) {
    const std::size_t size = take_body(events);
    const OutgoingEvent& first = events.front();
    account(size == 1 ? publisher_.publish(first.channel, first.fields())
                      : publisher_.publish_blocks(first.channel, body_),
            size, result);
    events = events.subspan(size);
  }
  return result;
}

}  // namespace sse::pub
