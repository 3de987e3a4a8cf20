#include "sse-pub/redis_target.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace sse::pub {
namespace {

std::string verbatim_line(const OutgoingEvent& event, long long nodes) {
  return nlohmann::ordered_json{{"channel", event.channel}, {"nodes", nodes}}.dump();
}

std::string confirmed_line(const Batch& batch, std::size_t index, long long nodes) {
  Acceptance acceptance;
  acceptance.nodes = nodes;
  return confirmation(batch, index, acceptance);
}

}  // namespace

BatchResult RedisTarget::publish(const Batch& batch) {
  const redis::PublishReport report = publisher_.publish(to_messages(batch));
  BatchResult result = to_result(report);
  const auto refused = std::find(report.nodes.begin(), report.nodes.end(), -1);
  result.accepted_first = static_cast<std::size_t>(refused - report.nodes.begin());
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
