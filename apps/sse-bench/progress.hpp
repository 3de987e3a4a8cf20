#pragma once

#include <cstdint>
#include <string>

namespace sse::bench {

/// One line on stderr that is rewritten while the bench runs; nothing unless stderr is a terminal.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool visible() const noexcept { return visible_; }
  /// At most a few times per second; other calls do nothing.
  void show(const std::string& line);
  void clear();

 private:
  const bool visible_;
  bool shown_ = false;
  std::uint64_t last_ms_ = 0;
};

}  // namespace sse::bench
