#include "wire/cut_line.hpp"

#include <algorithm>

#include "wire/field_line.hpp"

namespace sse::wire {

bool CutLine::append(const Line& piece, const Limits& limits) {
  if (!active_) {
    text_.clear();
    active_ = true;
  }
  special_ |= piece.special;
  std::string_view rest = piece.text;
  if (keep_ == Keep::undecided) rest = append_name(rest);
  if (keep_ == Keep::field) {
    if (text_.size() + rest.size() > limits.field_bytes_max) return false;
    text_.append(rest);
  } else if (keep_ == Keep::comment && text_.size() < limits.comment_bytes_max) {
    text_.append(rest.substr(0, limits.comment_bytes_max - text_.size()));
  }
  return true;
}

// Takes as much of the piece as it needs to tell what the line is; returns the rest.
std::string_view CutLine::append_name(std::string_view piece) {
  const std::size_t taken = std::min(piece.size(), kKindBytes - text_.size());
  text_.append(piece.substr(0, taken));
  keep_ = decide();
  return piece.substr(taken);
}

CutLine::Keep CutLine::decide() const noexcept {
  if (text_.starts_with(':')) return Keep::comment;
  if (text_.find(':') == std::string::npos)
    return text_.size() < kKindBytes ? Keep::undecided : Keep::nothing;
  return split_field(text_).kind == LineKind::unknown ? Keep::nothing : Keep::field;
}

void CutLine::ignore() noexcept {
  active_ = true;
  keep_ = Keep::nothing;
  text_.clear();
}

void CutLine::finish() noexcept {
  active_ = false;
  special_ = false;
  keep_ = Keep::undecided;
}

}  // namespace sse::wire
