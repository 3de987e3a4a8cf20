#include "sse-pub/redis_target.hpp"

#include <nlohmann/json.hpp>

namespace sse::pub {
namespace {

using Outcome = BatchResult::Outcome;
using End = redis::PublishReport::End;

// Redis answers so while it reads its data set after a start.
constexpr std::string_view kLoading = "LOADING";

Outcome outcome_of(const redis::PublishReport& report) {
  switch (report.end) {
    case End::done:
      return Outcome::accepted;
    case End::not_connected:
      return Outcome::unreachable;
    case End::lost:
      return Outcome::lost;
    case End::interrupted:
      return Outcome::interrupted;
    case End::refused:
      break;
  }
  const bool only_login = report.answered() == 0;
  return only_login && report.reason.find(kLoading) != std::string::npos ? Outcome::not_now
                                                                         : Outcome::refused;
}

std::string verbatim_line(const OutgoingEvent& event, long long nodes) {
  return nlohmann::ordered_json{{"channel", event.channel}, {"nodes", nodes}}.dump();
}

std::string confirmed_line(const Batch& batch, std::size_t index, long long nodes) {
  Acceptance acceptance;
  acceptance.nodes = nodes;
  return confirmation(batch, index, acceptance);
}

BatchResult to_result(const redis::PublishReport& report) {
  BatchResult result;
  result.outcome = outcome_of(report);
  result.accepted = report.accepted;
  result.refused = report.refused;
  result.unknown = report.sent - report.answered();
  result.reason = report.reason;
  return result;
}

}  // namespace

std::vector<redis::Message> to_messages(const Batch& batch) {
  std::vector<redis::Message> out;
  out.reserve(batch.size());
  for (std::uint64_t number = batch.number; const OutgoingEvent& event : batch.events)
    out.push_back({event.channel, event.fields(), {batch.key, number++}});
  return out;
}

BatchResult RedisTarget::connect() { return to_result(publisher_.connect()); }

BatchResult RedisTarget::send(const Batch& batch) {
  const redis::PublishReport report = publisher_.publish(to_messages(batch));
  BatchResult result = to_result(report);
  if (answers_ == AnswerStyle::none) return result;
  for (std::size_t i = 0; i < report.nodes.size(); ++i) {
    if (report.nodes[i] < 0) continue;
    result.answers.push_back(answers_ == AnswerStyle::verbatim
                                 ? verbatim_line(batch.events[i], report.nodes[i])
                                 : confirmed_line(batch, i, report.nodes[i]));
  }
  return result;
}

}  // namespace sse::pub
