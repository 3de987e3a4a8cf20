#include "sse-pub/history_target.hpp"

#include <nlohmann/json.hpp>

#include "hub/event_id.hpp"

namespace sse::pub {
namespace {

std::string verbatim_line(const OutgoingEvent& first, const redis::PublishAnswer& given) {
  return nlohmann::ordered_json{{"channel", first.channel},
                                {"epoch", given.epoch},
                                {"first", given.first},
                                {"count", given.count}}
      .dump();
}

// A line for each event of a call; those that are not new come first.
void confirm(const Batch& batch, const redis::PublishAnswer& given, BatchResult& result) {
  const std::size_t duplicates = batch.size() - std::min<std::size_t>(batch.size(), given.count);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Acceptance acceptance;
    acceptance.duplicate = i < duplicates;
    if (!acceptance.duplicate && !batch.events[i].id)
      acceptance.id = hub::format_event_id(given.epoch, given.first + i - duplicates);
    result.answers.push_back(confirmation(batch, i, acceptance));
  }
}

}  // namespace

Result<Receivers> HistoryTarget::receivers() {
  count_.url = publisher_.address();
  return RedisTargetBase::receivers();
}

BatchResult HistoryTarget::publish(const Batch& batch) {
  const redis::HistoryReport report = publisher_.publish(to_messages(batch));
  BatchResult result = to_result(report.published);
  bool in_order = true;
  Batch left = batch;
  for (const redis::HistoryAnswer& answer : report.answers) {
    in_order = in_order && answer.given;
    if (in_order) result.accepted_first += answer.size;
    if (answer.given && answers_ == AnswerStyle::verbatim)
      result.answers.push_back(verbatim_line(left.events.front(), *answer.given));
    if (answer.given && answers_ == AnswerStyle::per_event)
      confirm(left.first(answer.size), *answer.given, result);
    left = left.after(answer.size);
  }
  return result;
}

}  // namespace sse::pub
