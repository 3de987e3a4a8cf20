#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sse/event_parser.hpp>

#include "wire/cut_line.hpp"
#include "wire/data_buffer.hpp"
#include "wire/field_line.hpp"
#include "wire/line_scanner.hpp"
#include "wire/plain_blocks.hpp"

namespace sse {

/// The state of a parser, in the standard's terms: data buffer, event type buffer, last event ID
/// buffer, last event ID string, reconnection time.
/// Hidden, unlike the class it belongs to: its functions may be inlined into each other.
class [[gnu::visibility("hidden")]] EventParser::Impl {
 public:
  Impl(const ParserLimits& limits, const ParserReports& reports);

  void feed(std::string_view bytes) noexcept;
  ParseResult next() {
    if (ready_ == ready_end_ && !(large_input_ && take_plain())) return next_item();
    event_ = ready_++;
    return ParseResult::event;
  }
  void reset() noexcept;
  void set_last_event_id(std::string_view id) { ids_[last_event_id_].copy(id); }

  const Event& event() const noexcept { return *event_; }
  std::string_view comment() const noexcept { return comment_; }
  std::string_view last_event_id() const noexcept {
    return ready_ != nullptr ? event_->last_event_id : ids_[last_event_id_].text();
  }
  std::optional<std::uint64_t> reconnection_time_ms() const noexcept { return retry_ms_; }

 private:
  // What the handlers of lines return when there is nothing to tell the caller.
  static constexpr ParseResult kGoOn = ParseResult::need_input;

  bool take_plain() noexcept;
  void finish_plain() noexcept;
  ParseResult next_item();
  bool between_blocks() const noexcept;
  std::string_view strip_bom(std::string_view bytes) noexcept;
  ParseResult fail(ParseResult error);
  ParseResult scan();
  ParseResult keep_unfinished();
  void keep_values();
  ParseResult finish_cut_line(const wire::Line& end);

  // Where the bytes of a value are: how long they stay, and whether they must be copied.
  enum class Place { input, cut_line, scratch };

  ParseResult process_line(const wire::Line& line, Place place);
  ParseResult process_field(const wire::FieldLine& field, const wire::Line& line, Place place);
  ParseResult process_special(wire::FieldLine field, const wire::Line& line, Place place);
  bool decode(std::string_view & text);
  ParseResult add_data(std::string_view text, const wire::Line& line, Place place);
  static void hold(wire::HeldText & value, std::string_view text, Place place);
  ParseResult set_type(std::string_view text, Place place);
  ParseResult set_id(std::string_view text, Place place);
  ParseResult set_retry(std::string_view digits) noexcept;
  ParseResult report_comment(std::string_view text, const wire::Line& line);
  ParseResult dispatch() noexcept;

  const wire::CutLine::Limits cut_limits_;
  const std::size_t event_bytes_max_;
  const ParserReports reports_;
  const wire::PlainBlocks plain_blocks_;

  wire::LineScanner scanner_;
  wire::CutLine cut_line_;
  std::size_t bom_bytes_ = 0;  // how much of a BOM was seen; all of it once the start is over
  std::optional<ParseResult> error_;

  wire::DataBuffer data_;
  wire::HeldText type_;
  std::array<wire::HeldText, 2> ids_;  // the last event ID string and the last event ID buffer ...
  std::size_t last_event_id_ = 0;  // ... which change places at dispatch; this one is the string
  bool id_set_ = false;  // this block has a valid id; otherwise the buffer stands for the string
  std::optional<std::uint64_t> retry_ms_;

  bool large_input_ = false;
  std::array<Event, 16> plain_;       // taken off the input at once ...
  const Event* ready_ = nullptr;      // ... and from here on not yet given; the ID string is that
  const Event* ready_end_ = nullptr;  // of event_ until finish_plain()
  Event dispatched_;
  const Event* event_ = &dispatched_;
  std::string_view comment_;
  std::string decoded_;  // scratch: a value whose UTF-8 had to be repaired
};

}  // namespace sse
