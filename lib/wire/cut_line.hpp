#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/line_scanner.hpp"

namespace sse::wire {

/// The beginning of a line whose end has not arrived yet, carried from chunk to chunk.
///
/// Holds only what will be needed: nothing of unknown fields, of comments at most what is reported.
/// Appending is amortised constant per byte.
class CutLine {
 public:
  /// Which bytes of a line are worth keeping.
  struct Limits {
    std::size_t field_bytes_max;    ///< longest field line
    std::size_t comment_bytes_max;  ///< how much of a comment to keep, with its colon
  };

  bool active() const noexcept { return active_; }
  /// Whether the line matters at all; false once it is known to be an unknown field.
  bool kept() const noexcept { return keep_ != Keep::nothing; }

  /// Adds a piece; false if the line is a field line and longer than allowed.
  bool append(const Line& piece, const Limits& limits);
  /// Makes the line one that is ignored, whatever follows.
  void ignore() noexcept;

  /// The line so far. Valid until the next append() or change of buffer().
  Line line() const noexcept { return {text_, special_}; }
  /// Where line() lies, for whoever wants to take it over by a swap.
  std::string& buffer() noexcept { return text_; }

  /// Ends the line; what line() returned stays valid until the next append().
  void finish() noexcept;

 private:
  enum class Keep { undecided, field, comment, nothing };

  std::string_view append_name(std::string_view piece);
  Keep decide() const noexcept;

  bool active_ = false;
  bool special_ = false;
  Keep keep_ = Keep::undecided;
  std::string text_;
};

}  // namespace sse::wire
