#include "sse-bench/progress.hpp"

#include <unistd.h>

#include <cstdio>

#include "base/clock.hpp"

namespace sse::bench {
namespace {
constexpr std::uint64_t kIntervalMs = 250;
}

Progress::Progress() : visible_(::isatty(STDERR_FILENO) != 0) {}

void Progress::show(const std::string& line) {
  const std::uint64_t now_ms = monotonic_ms();
  if (!visible_ || now_ms < last_ms_ + kIntervalMs) return;
  last_ms_ = now_ms;
  shown_ = true;
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
}

void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace sse::bench
