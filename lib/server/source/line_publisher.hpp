#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/source/line_splitter.hpp"
#include "server/source/source.hpp"

namespace sse::server {

/// Gives the lines of one byte stream to a sink as events of one type. Warns of each line that was
/// cut, and once that bytes were not UTF-8 (they become U+FFFD).
class LinePublisher {
 public:
  /// `source` names the stream in warnings ("stdin"). The sink must outlive the publisher.
  LinePublisher(SourceSink& sink, std::string source, std::string event_type,
                std::size_t line_bytes_max);

  void bytes(std::string_view bytes) noexcept;
  /// What came since the last line end is a line.
  void finish() noexcept;
  /// No call of the sink follows, also not for the rest of the bytes being worked on.
  void mute() noexcept { muted_ = true; }

 private:
  void publish(std::string_view text, std::size_t dropped) noexcept;
  std::string_view decoded(std::string_view text) noexcept;

  SourceSink& sink_;
  std::string source_;
  std::string event_type_;
  LineSplitter splitter_;
  std::string replaced_;  // the line being published, where it was not UTF-8
  bool warned_utf8_ = false;
  bool muted_ = false;
};

}  // namespace sse::server
