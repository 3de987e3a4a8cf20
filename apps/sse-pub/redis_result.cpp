#include "sse-pub/redis_result.hpp"

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

}  // namespace

BatchResult to_result(const redis::PublishReport& report) {
  BatchResult result;
  result.outcome = outcome_of(report);
  result.accepted = report.accepted;
  result.refused = report.refused;
  result.unknown = report.sent - report.answered();
  result.reason = report.reason;
  return result;
}

std::vector<redis::Message> to_messages(const Batch& batch) {
  std::vector<redis::Message> out;
  out.reserve(batch.size());
  for (std::uint64_t number = batch.number; const OutgoingEvent& event : batch.events)
    out.push_back({event.channel, event.fields(), {batch.key, number++}});
  return out;
}

}  // namespace sse::pub
