#include "server/http2/frame_gate.hpp"

#include <algorithm>
#include <cstring>

namespace sse::server {
namespace {

// RFC 9113 section 6.
enum Type : std::uint8_t { kData = 0, kHeaders = 1, kPushPromise = 5, kUpdate = 8, kContinue = 9 };
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;

std::uint32_t number(const char* bytes, std::size_t size) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

// True when so many bytes of the frame are held.
bool FrameGate::gather(std::string_view& bytes, std::size_t size) noexcept {
  const std::size_t more = std::min(size - std::min(size, held_), bytes.size());
  std::memcpy(frame_.data() + held_, bytes.data(), more);
  held_ += more;
  bytes.remove_prefix(more);
  return held_ >= size;
}

FrameGate::Step FrameGate::next(std::string_view& bytes) noexcept {
  if (bytes.empty()) return {};
  if (left_ > 0) {
    const std::string_view passed = bytes.substr(0, left_);
    left_ -= passed.size();
    bytes.remove_prefix(passed.size());
    return {.kind = Kind::pass, .bytes = passed};
  }
  if (!gather(bytes, kHead)) return {};
  const bool update = number(frame_.data(), 3) == 4 && frame_[3] == kUpdate && !in_head_;
  if (!update) return begin_frame();
  if (!gather(bytes, kWindowUpdate)) return {};
  held_ = 0;
  const std::uint32_t increment = number(frame_.data() + kHead, 4) & 0x7fffffffu;
  return {.kind = increment == 0 ? Kind::pass : Kind::window_update,
          .bytes = {frame_.data(), kWindowUpdate},
          .stream = number(frame_.data() + 5, 4) & 0x7fffffffu,
          .increment = increment};
}

FrameGate::Step FrameGate::begin_frame() noexcept {
  held_ = 0;
  left_ = number(frame_.data(), 3);
  const auto type = static_cast<std::uint8_t>(frame_[3]);
  const auto flags = static_cast<std::uint8_t>(frame_[4]);
  const bool head = type == kHeaders || type == kPushPromise;
  if (head) continuations_ = 0;
  if (type == kContinue) ++continuations_;
  if (head || type == kContinue) in_head_ = (flags & kEndHeaders) == 0;
  const bool data = type == kData && (left_ > 0 || (flags & kEndStream) != 0);
  return {.kind = Kind::pass,
          .control = !data && !head && type != kContinue,
          .bytes = {frame_.data(), kHead}};
}

}  // namespace sse::server
