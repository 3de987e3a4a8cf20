#include "wire/parser_impl.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "wire/utf8.hpp"

namespace sse {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

// What a chunk has at least for a look at many events at once: the last of them, which is cut, is
// looked at twice.
constexpr std::size_t kPlainBytesMin = 4096;

// A comment is kept with its colon and one byte more than is reported, which tells that it was cut.
wire::CutLine::Limits cut_limits(std::size_t line_bytes_max, bool comments) noexcept {
  constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  const std::size_t comment = line_bytes_max < kAll - 2 ? line_bytes_max + 2 : kAll;
  return {line_bytes_max, comments ? comment : 0};
}

}  // namespace

EventParser::Impl::Impl(const ParserLimits& limits, const ParserReports& reports)
    : cut_limits_(cut_limits(limits.line_bytes_max, reports.comments)),
      event_bytes_max_(limits.event_bytes_max),
      reports_(reports),
      plain_blocks_{std::min(limits.line_bytes_max, limits.event_bytes_max), reports.comments} {}

void EventParser::Impl::feed(std::string_view bytes) noexcept {
  assert(scanner_.empty() && "feed() before next() returned need_input");
  large_input_ = bytes.size() >= kPlainBytesMin;
  scanner_.feed(bom_bytes_ < kBom.size() ? strip_bom(bytes) : bytes);
}

// Drops a BOM at the start of the stream, which may arrive in up to three pieces.
std::string_view EventParser::Impl::strip_bom(std::string_view bytes) noexcept {
  std::size_t matched = 0;
  while (matched < bytes.size() && bom_bytes_ + matched < kBom.size() &&
         bytes[matched] == kBom[bom_bytes_ + matched])
    ++matched;
  const std::size_t earlier = bom_bytes_;
  bom_bytes_ += matched;
  if (bom_bytes_ == kBom.size() || matched == bytes.size()) return bytes.substr(matched);
  // No BOM after all. What looked like one begins the name of an unknown field.
  if (earlier > 0) cut_line_.ignore();
  bom_bytes_ = kBom.size();
  return bytes;
}

// Up to the first line that has something to tell. On a copy of the scanner, which the compiler
// keeps in registers from line to line.
[[gnu::always_inline]] inline ParseResult EventParser::Impl::scan() {
  wire::LineScanner scanner = scanner_;
  wire::Line line;
  ParseResult result = kGoOn;
  while (result == kGoOn && scanner.next(line))
    result = cut_line_.active() ? finish_cut_line(line) : process_line(line, Place::input);
  scanner_ = scanner;
  return result;
}

// Whether what comes next is the first line of a block.
bool EventParser::Impl::between_blocks() const noexcept {
  return !scanner_.after_cr() && !cut_line_.active() && !data_.seen() && !id_set_ &&
         type_.text().empty();
}

// Takes many events at once, where nothing else is about; false if there is none.
bool EventParser::Impl::take_plain() noexcept {
  finish_plain();
  std::string_view rest = scanner_.rest();
  if (rest.empty() || error_ || !between_blocks()) return false;
  const std::size_t count = plain_blocks_.take(rest, plain_, last_event_id());
  scanner_.skip_to(rest);
  if (count == 0) return false;
  ready_ = plain_.data();
  ready_end_ = ready_ + count;
  return true;
}

void EventParser::Impl::finish_plain() noexcept {
  if (ready_ == nullptr) return;
  wire::HeldText& id = ids_[last_event_id_];
  if (id.text().data() != event_->last_event_id.data()) id.refer(event_->last_event_id);
  ready_ = ready_end_ = nullptr;
}

ParseResult EventParser::Impl::next_item() {
  if (error_) return *error_;
  const ParseResult result = scan();
  return result == kGoOn ? keep_unfinished() : result;
}

// The input may go away from here on, as at its end.
ParseResult EventParser::Impl::fail(ParseResult error) {
  ids_[last_event_id_].keep();
  error_ = error;
  return error;
}

inline void EventParser::Impl::keep_values() {
  data_.keep();
  type_.keep();
  ids_[last_event_id_].keep();
  if (id_set_) ids_[1 - last_event_id_].keep();
}

// The chunk is used up: copies what is still needed of it.
ParseResult EventParser::Impl::keep_unfinished() {
  const wire::Line rest = scanner_.take_unfinished();
  if (!rest.text.empty() && !cut_line_.append(rest, cut_limits_))
    return fail(ParseResult::line_too_long);
  keep_values();
  return ParseResult::need_input;
}

ParseResult EventParser::Impl::finish_cut_line(const wire::Line& end) {
  if (!cut_line_.append(end, cut_limits_)) return fail(ParseResult::line_too_long);
  const bool kept = cut_line_.kept();
  const wire::Line line = cut_line_.line();
  cut_line_.finish();
  return kept ? process_line(line, Place::cut_line) : kGoOn;
}

[[gnu::always_inline]] inline ParseResult EventParser::Impl::process_line(const wire::Line& line,
                                                                          Place place) {
  using wire::LineKind;
  if (line.text.empty()) return dispatch();
  const wire::FieldLine field = wire::split_field(line.text);
  if (field.kind == LineKind::unknown) return kGoOn;
  if (field.kind == LineKind::comment) return report_comment(field.value, line);
  if (line.text.size() > cut_limits_.field_bytes_max) return fail(ParseResult::line_too_long);
  if (line.special) [[unlikely]]
    return process_special(field, line, place);
  return process_field(field, line, place);
}

[[gnu::always_inline]] inline ParseResult EventParser::Impl::process_field(
    const wire::FieldLine& field, const wire::Line& line, Place place) {
  using wire::LineKind;
  if (field.kind == LineKind::data) return add_data(field.value, line, place);
  if (field.kind == LineKind::id) return set_id(field.value, place);
  if (field.kind == LineKind::event) return set_type(field.value, place);
  return set_retry(field.value);
}

// A field whose line is not plain ASCII.
ParseResult EventParser::Impl::process_special(wire::FieldLine field, const wire::Line& line,
                                               Place place) {
  using wire::LineKind;
  if (field.kind == LineKind::id && field.value.find('\0') != std::string_view::npos) return kGoOn;
  if (decode(field.value)) place = Place::scratch;
  return process_field(field, line, place);
}

// Makes `text`, a part of a line, what a UTF-8 decoder reads; true if that differs from its bytes
// and lies in the scratch buffer. Line by line is as good as the whole stream at once: no
// ill-formed sequence spans a line end, and the bytes fields are split at never belong to one.
bool EventParser::Impl::decode(std::string_view& text) {
  if (wire::valid_utf8_prefix(text) == text.size()) return false;
  decoded_.clear();
  wire::append_decoded(text, decoded_);
  text = decoded_;
  return true;
}

inline void EventParser::Impl::hold(wire::HeldText& value, std::string_view text, Place place) {
  if (place == Place::input) {
    value.refer(text);
  } else {
    value.copy(text);
  }
}

[[gnu::always_inline]] inline ParseResult EventParser::Impl::add_data(std::string_view text,
                                                                      const wire::Line& line,
                                                                      Place place) {
  const std::size_t left = event_bytes_max_ - data_.bytes();
  if (text.size() >= left) return fail(ParseResult::event_too_long);
  if (place == Place::input) {
    data_.add_input(text);
  } else if (place == Place::cut_line && !data_.seen()) {
    const auto begin = static_cast<std::size_t>(text.data() - line.text.data());
    data_.adopt(cut_line_.buffer(), begin);
  } else {
    data_.add_copy(text);
  }
  return kGoOn;
}

inline ParseResult EventParser::Impl::set_type(std::string_view text, Place place) {
  hold(type_, text, place);
  return kGoOn;
}

inline ParseResult EventParser::Impl::set_id(std::string_view text, Place place) {
  hold(ids_[1 - last_event_id_], text, place);
  id_set_ = true;
  return kGoOn;
}

ParseResult EventParser::Impl::set_retry(std::string_view digits) noexcept {
  const auto retry_ms = wire::parse_retry(digits);
  if (!retry_ms) return kGoOn;
  retry_ms_ = retry_ms;
  return reports_.retries ? ParseResult::retry : kGoOn;
}

ParseResult EventParser::Impl::report_comment(std::string_view text, const wire::Line& line) {
  if (!reports_.comments) return kGoOn;
  comment_ = wire::cut_utf8(text, cut_limits_.field_bytes_max);
  if (line.special) decode(comment_);
  return ParseResult::comment;
}

// WHATWG HTML 9.2.6, "dispatch the event": the ID takes effect even if nothing is dispatched.
inline ParseResult EventParser::Impl::dispatch() noexcept {
  const bool id_set = std::exchange(id_set_, false);
  if (id_set) last_event_id_ = 1 - last_event_id_;
  const std::string_view type = type_.text();
  type_.clear();
  if (!data_.seen()) return id_set && reports_.positions ? ParseResult::position : kGoOn;
  dispatched_ = {type.empty() ? wire::kDefaultType : type, data_.text(), last_event_id()};
  event_ = &dispatched_;
  data_.clear();
  return ParseResult::event;
}

void EventParser::Impl::reset() noexcept {
  scanner_.reset();
  finish_plain();
  cut_line_.finish();
  bom_bytes_ = 0;
  error_.reset();
  data_.clear();
  type_.clear();
  id_set_ = false;
  ids_[last_event_id_].keep();
}

}  // namespace sse
