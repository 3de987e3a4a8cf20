#pragma once

#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "net/loop.hpp"
#include "server/source/source.hpp"

namespace sse::test {

/// Remembers what a source said, as "type:data".
class Recorder final : public server::SourceSink {
 public:
  void line(std::string_view type, std::string_view data) noexcept override {
    after_end |= is_ended;
    lines.push_back(std::string(type) + ":" + std::string(data));
    if (on_line) on_line();
  }
  void ended() noexcept override {
    after_end |= is_ended;
    is_ended = true;
  }
  void warn(std::string_view message) noexcept override { warnings.emplace_back(message); }

  /// How many warnings hold the text.
  std::size_t warned(std::string_view text) const {
    std::size_t count = 0;
    for (const std::string& warning : warnings) count += warning.find(text) != std::string::npos;
    return count;
  }

  std::vector<std::string> lines;
  std::vector<std::string> warnings;
  std::function<void()> on_line;
  bool is_ended = false;
  bool after_end = false;  ///< called after ended()
};

using Lines = std::vector<std::string>;

/// A loop, a sink and a source on them; stops the source at the end.
class SourceTest {
 public:
  ~SourceTest() { stop(); }

  /// Turns the loop until the condition holds; false after `limit_ms`.
  bool run_until(const std::function<bool()>& condition, std::uint64_t limit_ms = 60'000) {
    net::Timer tick(loop, [] {});
    tick.start(1, 1);
    const std::uint64_t deadline = monotonic_ms() + limit_ms;
    while (!condition() && monotonic_ms() < deadline) uv_run(loop.uv(), UV_RUN_ONCE);
    return condition();
  }

  bool run_until_lines(std::size_t count) {
    return run_until([&] { return sink.lines.size() >= count; });
  }
  bool run_until_ended() {
    return run_until([&] { return sink.is_ended; });
  }
  /// Turns the loop for a while, for what must not happen.
  void run_for(std::uint64_t ms) {
    run_until([] { return false; }, ms);
  }

  /// Stops and destroys the source; false if it does not come to an end.
  bool stop() {
    if (!source) return true;
    bool done = false;
    source->stop([&] { done = true; });
    const bool early = done;
    const bool stopped = run_until([&] { return done; });
    source.reset();
    return stopped && !early;
  }

  net::Loop loop;
  Recorder sink;
  std::unique_ptr<server::Source> source;
};

inline void append(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

inline void overwrite(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::trunc | std::ios::binary) << text;
}

}  // namespace sse::test
