#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sse::tail {

/// One line at the bottom of a terminal that is drawn over again. Whoever writes to the same
/// terminal calls hide() first. Does nothing unless enabled.
class StatusLine {
 public:
  StatusLine(int fd, bool enabled) : fd_(fd), enabled_(enabled) {}
  ~StatusLine() { hide(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  /// Whether show() is wanted now; at most four times a second.
  bool due(std::uint64_t now_ms) const { return enabled_ && now_ms >= draw_at_; }
  /// When it is wanted next.
  std::optional<std::uint64_t> deadline() const;
  void show(std::string_view text, std::uint64_t now_ms);
  void hide();

 private:
  int fd_;
  bool enabled_;
  bool shown_ = false;
  std::uint64_t draw_at_ = 0;
};

}  // namespace sse::tail
