#include "sse-pub/sse_reader.hpp"

#include <utility>

#include "base/units.hpp"

namespace sse::pub {
namespace {

ParserLimits limits_of(std::size_t event_bytes_max) {
  return {.line_bytes_max = event_bytes_max, .event_bytes_max = event_bytes_max};
}

}  // namespace

SseReader::SseReader(std::size_t event_bytes_max)
    : event_bytes_max_(event_bytes_max),
      parser_(limits_of(event_bytes_max), ParserReports{.retries = true}) {}

void SseReader::take_event(std::vector<OutgoingEvent>& out) {
  const Event& event = parser_.event();
  OutgoingEvent& next = out.emplace_back();
  next.data = event.data;
  if (event.type != "message") next.event = event.type;
  if (event.last_event_id != last_id_ && !event.last_event_id.empty())
    next.id = event.last_event_id;
  last_id_ = event.last_event_id;
  next.retry_ms = std::exchange(retry_ms_, std::nullopt);
  next.number = ++number_;
}

Result<void> SseReader::feed(std::string_view bytes, std::vector<OutgoingEvent>& out) {
  parser_.feed(bytes);
  while (true) {
    switch (parser_.next()) {
      case ParseResult::event:
        take_event(out);
        break;
      case ParseResult::retry:
        retry_ms_ = parser_.reconnection_time_ms();
        break;
      case ParseResult::line_too_long:
      case ParseResult::event_too_long:
        return fail("event " + std::to_string(number_ + 1) + ": longer than " +
                    format_size(event_bytes_max_) + " (--event-bytes-max)");
      case ParseResult::need_input:
        return {};
      default:
        break;
    }
  }
}

Result<void> SseReader::finish(std::vector<OutgoingEvent>&) {
  std::vector<OutgoingEvent> unfinished;
  if (auto fed = feed("\n\n", unfinished); !fed) return fed;
  if (unfinished.empty()) return {};
  return fail("event " + std::to_string(number_) +
              ": incomplete: the input ended before the blank line that ends it");
}

}  // namespace sse::pub
