#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sse/event.hpp>

#include "base/result.hpp"
#include "json_pointer.hpp"

namespace sse::tail {

/// What fields of a template stand for besides those of the event.
struct TemplateValues {
  std::string_view url;
  std::uint64_t number = 1;  ///< of the event among those printed
  std::uint64_t now_ms = 0;  ///< since the Unix epoch
  std::uint64_t gap_ms = 0;  ///< since the event before
};

/// What -f describes: text with fields in braces.
///
/// `{data}` `{id}` `{event}` `{url}` `{n}` `{gap}` `{time}`, `{time:STRFTIME}` in local time, and
/// `{/POINTER}` for a value in JSON data (nothing when there is none). A field but `{time:…}` may
/// end in `:[<|>][WIDTH][.MAX]`, in characters: filled up with spaces, cut off. `{{` is a brace.
/// Outside fields the escapes of unescape() hold.
class OutputTemplate {
 public:
  /// The error names the field or escape that is wrong.
  static Result<OutputTemplate> parse(std::string_view text);
  void append(std::string& out, const Event& event, const TemplateValues& values) const;

 private:
  enum class Kind { literal, data, id, event, url, number, gap, time, pointer };
  struct Piece {
    Kind kind = Kind::literal;
    std::string text{};  // of a literal; the strftime format of a time
    JsonPointer pointer{};
    std::size_t width_min = 0;
    std::size_t width_max = SIZE_MAX;
    bool to_the_right = false;
  };

  static Result<Piece> parse_field(std::string_view field);
  static Result<Piece> parse_name(std::string_view name);
  static bool parse_width(std::string_view text, Piece& piece);
  static std::string value_of(const Piece& piece, const Event& event, const TemplateValues& values);

  std::vector<Piece> pieces_;
};

}  // namespace sse::tail
