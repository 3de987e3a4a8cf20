#include "server/source/line_publisher.hpp"

#include <utility>

#include <sse/encoder.hpp>

#include "server/source/utf8_text.hpp"

namespace sse::server {

LinePublisher::LinePublisher(SourceSink& sink, std::string source, std::string event_type,
                             std::size_t line_bytes_max)
    : sink_(sink),
      source_(std::move(source)),
      event_type_(std::move(event_type)),
      splitter_(line_bytes_max) {}

void LinePublisher::bytes(std::string_view bytes) noexcept {
  if (muted_) return;
  splitter_.feed(bytes,
                 [this](std::string_view text, std::size_t dropped) { publish(text, dropped); });
}

void LinePublisher::finish() noexcept {
  splitter_.finish([this](std::string_view text, std::size_t dropped) { publish(text, dropped); });
}

void LinePublisher::publish(std::string_view text, std::size_t dropped) noexcept {
  if (muted_) return;
  if (dropped > 0) {
    const std::string_view whole = trim_cut_character(text);
    sink_.warn(source_ + ": a line was longer than the limit: published its first " +
               std::to_string(whole.size()) + " bytes, dropped " +
               std::to_string(dropped + text.size() - whole.size()) + " more");
    text = whole;
  }
  if (!muted_) sink_.line(event_type_, decoded(text));
}

std::string_view LinePublisher::decoded(std::string_view text) noexcept {
  if (is_valid_utf8(text)) return text;
  if (!std::exchange(warned_utf8_, true))
    sink_.warn(source_ + ": not UTF-8: what cannot be read is replaced by U+FFFD");
  replaced_.clear();
  replace_invalid_utf8(text, replaced_);
  return replaced_;
}

}  // namespace sse::server
