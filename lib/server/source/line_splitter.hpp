#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace sse::server {

/// Cuts bytes that arrive in pieces of any size into lines that end with LF or CRLF; a lone CR is
/// part of a line. Keeps at most `line_bytes_max` bytes; linear in the input for any pieces.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Calls `line(text, dropped)` for each line that ended: its first `line_bytes_max` bytes and how
  /// many more there were. The view dies with the call.
  template <class F>
  void feed(std::string_view bytes, F&& line) {
    while (!bytes.empty()) {
      const void* lf = std::memchr(bytes.data(), '\n', bytes.size());
      if (lf == nullptr) return keep(bytes);
      const auto size = static_cast<std::size_t>(static_cast<const char*>(lf) - bytes.data());
      if (length_ == 0) {
        emit(bytes.substr(0, size), size, size > 0 ? bytes[size - 1] : '\0', line);
      } else {
        keep(bytes.substr(0, size));
        emit_pending(line, true);
      }
      bytes.remove_prefix(size + 1);
    }
  }

  /// Calls `line` for the last line, if it had no line end.
  template <class F>
  void finish(F&& line) {
    if (length_ > 0) emit_pending(line, false);
  }

 private:
  void keep(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t room = line_bytes_max_ - std::min(pending_.size(), line_bytes_max_);
    pending_.append(bytes.substr(0, room));
    length_ += bytes.size();
    last_ = bytes.back();
  }

  template <class F>
  void emit_pending(F& line, bool ended) {
    emit(pending_, std::exchange(length_, 0), ended ? last_ : '\0', line);
    pending_.clear();
  }

  // `kept` holds the line's first bytes, all of its `length` unless that is over the limit. The
  // CR of a CRLF does not count.
  template <class F>
  void emit(std::string_view kept, std::size_t length, char last, F& line) const {
    const std::size_t size = length - (last == '\r' ? 1u : 0u);
    const std::string_view text = kept.substr(0, std::min(size, line_bytes_max_));
    line(text, size - text.size());
  }

  std::size_t line_bytes_max_;
  std::string pending_;     // the first bytes of a line that goes on
  std::size_t length_ = 0;  // of that line so far, kept or not
  char last_ = '\0';
};

}  // namespace sse::server
