#include "status_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "columns.hpp"

namespace sse::tail {
namespace {

constexpr std::uint64_t kIntervalMs = 250;
constexpr std::size_t kColumnsDefault = 80;
constexpr std::string_view kErase = "\r\x1b[K";

std::size_t columns(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsDefault;
  return size.ws_col;
}

// A terminal that does not take it loses one drawing: nothing depends on it.
void write_once(int fd, std::string_view text) {
  if (::write(fd, text.data(), text.size()) < 0) return;
}

}  // namespace

std::optional<std::uint64_t> StatusLine::deadline() const {
  return enabled_ ? std::optional(draw_at_) : std::nullopt;
}

void StatusLine::show(std::string_view text, std::uint64_t now_ms) {
  std::string drawing(kErase);
  drawing.append("\x1b[2m").append(cut_to_columns(text, columns(fd_) - 1)).append("\x1b[0m");
  write_once(fd_, drawing);
  shown_ = true;
  draw_at_ = now_ms + kIntervalMs;
}

void StatusLine::hide() {
  if (!shown_) return;
  write_once(fd_, kErase);
  shown_ = false;
}

}  // namespace sse::tail
