#include "sse-pub/http_target.hpp"

#include "sse-pub/http_answer.hpp"

namespace sse::pub {
namespace {

using Outcome = BatchResult::Outcome;
using Kind = client::HttpAnswer::Kind;

constexpr int kTooManyRequests = 429;
constexpr int kServiceUnavailable = 503;

Acceptance acceptance_of(const Receipt& receipt, std::size_t index) {
  Acceptance out;
  out.streams = receipt.streams;
  out.duplicate = index < receipt.duplicates;
  const std::size_t at = index - receipt.duplicates;  // of the ids, which only new events have
  if (!out.duplicate && at < receipt.ids.size()) out.id = receipt.ids[at];
  return out;
}

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

void HttpTarget::account_receipt(const client::HttpAnswer& answer, const Batch& sent,
                                 BatchResult& result) {
  const Receipt receipt = read_receipt(answer);
  channel_ = sent.events.front().channel;
  streams_ = receipt.streams;
  const std::size_t accepted = accepted_count(receipt, sent.size());
  result.accepted += accepted;
  result.accepted_first += accepted;
  result.refused += sent.size() - accepted;
  if (answers_ == AnswerStyle::verbatim) result.answers.push_back(answer_line(answer));
  if (answers_ == AnswerStyle::per_event)
    for (std::size_t i = 0; i < accepted; ++i)
      result.answers.push_back(confirmation(sent, i, acceptance_of(receipt, i)));
  if (accepted == sent.size()) return;
  result.outcome = Outcome::refused;
  result.reason = "the answer has fewer ids than events were sent";
}

void HttpTarget::account(const client::HttpAnswer& answer, const Batch& sent, BatchResult& result) {
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
  if (answer.kind == Kind::lost || answer.kind == Kind::interrupted) result.unknown = sent.size();
  if (answer.kind != Kind::answered) return;
  if (answer.status >= 200 && answer.status < 300) return account_receipt(answer, sent, result);
  const bool later = answer.status == kTooManyRequests || answer.status == kServiceUnavailable;
  result.outcome = later ? Outcome::not_now : Outcome::refused;
  if (!later) result.refused += sent.size();
  result.reason = refusal_reason(answer);
}

Result<Receivers> HttpTarget::receivers() {
  if (!streams_) return fail("the answer of " + name() + " has no \"streams\"");
  return Receivers{channel_, *streams_, name()};
}

BatchResult HttpTarget::send(const Batch& batch) {
  BatchResult result;
  for (Batch left = batch; !left.empty() && result.outcome == Outcome::accepted;) {
    const Batch taken = left.first(take_body(left.events));
    const OutgoingEvent& first = taken.events.front();
    const client::Idempotency idempotency{taken.key, taken.number};
    account(taken.size() == 1 ? publisher_.publish(first.channel, first.fields(), idempotency)
                              : publisher_.publish_blocks(first.channel, body_, idempotency),
            taken, result);
    left = left.after(taken.size());
  }
  return result;
}

}  // namespace sse::pub
