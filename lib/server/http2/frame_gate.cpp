#include "server/http2/frame_gate.hpp"

#include <algorithm>
#include <cstring>

namespace sse::server {
namespace {

// RFC 9113 section 6.
enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriorityType = 2,
  kReset = 3,
  kPushPromise = 5,
  kUpdate = 8,
  kContinue = 9
};
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
  const std::size_t size = whole_size();
  if (size == 0) return begin_frame();
  if (!gather(bytes, size)) return {};
  held_ = 0;
  const bool update = size == kWindowUpdate;
  return {.kind = update ? Kind::window_update : Kind::priority,
          .control = !update,
          .bytes = {frame_.data(), size},
          .stream = number(frame_.data() + 5, 4) & 0x7fffffffu,
          .value = number(frame_.data() + kHead, 4) & 0x7fffffffu};
}

// Of the frame that has begun, if it is taken whole; else 0.
std::size_t FrameGate::whole_size() const noexcept {
  const std::size_t size = kHead + number(frame_.data(), 3);
  if (in_head_) return 0;
  if (frame_[3] == kUpdate && size == kWindowUpdate) return size;
  return frame_[3] == kPriorityType && size == kPriority ? size : 0;
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
  const bool last = (flags & kEndStream) != 0;
  const bool useful = head || type == kContinue || (type == kData && (left_ > 0 || last));
  return {.kind = Kind::pass,
          .head = type == kHeaders,
          .data = type == kData,
          .last = last,
          .reset = type == kReset,
          .control = !useful,
          .bytes = {frame_.data(), kHead},
          .stream = number(frame_.data() + 5, 4) & 0x7fffffffu};
}

}  // namespace sse::server
