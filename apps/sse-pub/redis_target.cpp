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

std::vector<redis::Message> to_messages(std::span<const OutgoingEvent> events) {
  std::vector<redis::Message> out;
  out.reserve(events.size());
  for (const OutgoingEvent& event : events) out.push_back({event.channel, event.fields()});
  return out;
}

BatchResult RedisTarget::connect() { return to_result(publisher_.connect()); }

BatchResult RedisTarget::send(std::span<const OutgoingEvent> events) {
  const redis::PublishReport report = publisher_.publish(to_messages(events));
  BatchResult result = to_result(report);
  for (std::size_t i = 0; i < report.nodes.size(); ++i) {
    if (report.nodes[i] < 0) continue;
    const nlohmann::ordered_json line{{"channel", events[i].channel}, {"nodes", report.nodes[i]}};
    result.answers.push_back(line.dump());
  }
  return result;
}

}  // namespace sse::pub
