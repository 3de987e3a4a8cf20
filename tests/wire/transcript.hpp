#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sse/event_parser.hpp>

namespace sse::test {

/// One item a parser reported, with copies of what it pointed to.
struct Item {
  ParseResult what = ParseResult::need_input;
  std::string type;           ///< of an event
  std::string text;           ///< an event's data or a comment's text
  std::string last_event_id;  ///< of an event or a position
  std::uint64_t retry_ms = 0;
  bool operator==(const Item&) const = default;
};

/// All a parser reported, and its state after the last byte.
struct Transcript {
  std::vector<Item> items;
  std::string last_event_id;
  std::optional<std::uint64_t> reconnection_time_ms;
  std::optional<ParseResult> error;
  bool operator==(const Transcript&) const = default;

  std::vector<Item> events() const;
};

/// For doctest's messages.
std::string to_string(const Transcript& transcript);

inline constexpr ParserReports kReportAll{.comments = true, .retries = true, .positions = true};

/// Feeds pieces to a parser and writes down what it says. Each piece is copied to a buffer of its
/// exact size that is freed as soon as the parser asks for more: reading beyond it, or a view that
/// outlives it, is found by AddressSanitizer.
class Recorder {
 public:
  explicit Recorder(ParserLimits limits = {}, ParserReports reports = kReportAll)
      : parser_(limits, reports) {}

  void feed(std::string_view piece);
  /// The pieces of `bytes` that begin at the given offsets (ascending) and at 0.
  void feed(std::string_view bytes, std::span<const std::size_t> cuts);
  EventParser& parser() noexcept { return parser_; }
  Transcript transcript() const;

 private:
  void note(ParseResult result);

  EventParser parser_;
  Transcript transcript_;
};

Transcript parse_whole(std::string_view bytes, ParserLimits limits = {});
Transcript parse_cut(std::string_view bytes, std::span<const std::size_t> cuts,
                     ParserLimits limits = {});
Transcript parse_pieces(std::string_view bytes, std::size_t piece_bytes, ParserLimits limits = {});

}  // namespace sse::test
