#pragma once

#include <cstdint>
#include <functional>

#include "server/source/source.hpp"

namespace sse::server {

/// A sink that publishes, and lets its source wait where that takes time.
class PublishingSink : public SourceSink {
 public:
  /// Before the first line.
  void set_source(Source& source) noexcept { source_ = &source; }
  /// After the source was stopped: calls `done` when all it gave is published, or so much later.
  virtual void finish(std::uint64_t patience_ms, std::function<void()> done) = 0;

 protected:
  Source& source() const noexcept { return *source_; }

 private:
  Source* source_ = nullptr;
};

}  // namespace sse::server
