#include "sse-pub/redis_result.hpp"

#include "base/units.hpp"

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
    case End::not_now:
      return Outcome::not_now;
    case End::refused:
      break;
  }
  const bool only_login = report.answered() == 0;
  return only_login && report.reason.find(kLoading) != std::string::npos ? Outcome::not_now
                                                                         : Outcome::refused;
}

// "2 nodes answered", "1 of 2 nodes answered within 2s".
std::string who_answered(const redis::StreamCount& count, std::chrono::milliseconds time_max) {
  const std::size_t asked = count.expected.value_or(count.nodes);
  const bool all = count.nodes >= asked;
  std::string text = all ? std::string() : std::to_string(count.nodes) + " of ";
  text += std::to_string(asked) + (asked == 1 ? " node answered" : " nodes answered");
  return all ? text : text + " within " + format_duration(time_max);
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

Result<Receivers> ask_nodes(const redis::StreamCountOptions& options, const std::string& channel) {
  const auto count = redis::count_streams(options, channel);
  if (!count) return fail(redis::masked(options.url) + ": " + count.error().message);
  return Receivers{channel, count->streams, who_answered(*count, options.time_max)};
}

std::vector<redis::Message> to_messages(const Batch& batch) {
  std::vector<redis::Message> out;
  out.reserve(batch.size());
  for (std::uint64_t number = batch.number; const OutgoingEvent& event : batch.events)
    out.push_back({event.channel, event.fields(), {batch.key, number++}});
  return out;
}

}  // namespace sse::pub
