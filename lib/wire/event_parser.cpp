#include <sse/event_parser.hpp>

#include "wire/parser_impl.hpp"

namespace sse {

std::string_view describe(ParseResult result) noexcept {
  switch (result) {
    case ParseResult::line_too_long:
      return "line longer than line_bytes_max";
    case ParseResult::event_too_long:
      return "event larger than event_bytes_max";
    default:
      return {};
  }
}

EventParser::EventParser(ParserLimits limits, ParserReports reports)
    : impl_(std::make_unique<Impl>(limits, reports)) {}
EventParser::~EventParser() = default;
EventParser::EventParser(EventParser&&) noexcept = default;
EventParser& EventParser::operator=(EventParser&&) noexcept = default;

void EventParser::feed(std::string_view bytes) noexcept { impl_->feed(bytes); }
ParseResult EventParser::next() { return impl_->next(); }
const Event& EventParser::event() const noexcept { return impl_->event(); }
std::string_view EventParser::comment() const noexcept { return impl_->comment(); }
std::string_view EventParser::last_event_id() const noexcept { return impl_->last_event_id(); }
std::optional<std::uint64_t> EventParser::reconnection_time_ms() const noexcept {
  return impl_->reconnection_time_ms();
}

void EventParser::reset() noexcept { impl_->reset(); }
void EventParser::reset(std::string_view last_event_id) {
  impl_->reset();
  impl_->set_last_event_id(last_event_id);
}

}  // namespace sse
