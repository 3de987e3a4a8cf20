#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sse::server {

/// The frames of an HTTP/2 connection as they come in (RFC 9113 section 4), cut at their borders
/// without looking into them: what an HTTP/2 library is to read; WINDOW_UPDATE frames, which are
/// for whoever sends the DATA; and PRIORITY frames, which nobody heeds.
class FrameGate {
 public:
  enum class Kind {
    need_input,     ///< all bytes were taken
    pass,           ///< `bytes` are for the library
    window_update,  ///< `value` more bytes may be sent on `stream`; `bytes` is the frame
    priority,       ///< `stream` depends on the stream `value`; `bytes` is the frame
  };
  struct Step {
    Kind kind = Kind::need_input;
    /// The bytes begin a request, trailers, or a part of a body on `stream`.
    bool head = false;
    bool data = false;
    bool last = false;   ///< with one of these: nothing comes after on the stream
    bool reset = false;  ///< the bytes begin what gives `stream` up
    /// The bytes begin a frame that carries neither a request nor a body: PING, SETTINGS,
    /// RST_STREAM, PRIORITY, an empty DATA frame, one of an unknown type.
    bool control = false;
    std::string_view bytes{};  ///< valid until the next call
    std::uint32_t stream = 0;
    std::uint32_t value = 0;
  };

  /// Takes from the front of `bytes` what makes one step.
  Step next(std::string_view& bytes) noexcept;
  /// CONTINUATION frames of the header block under way.
  std::size_t continuations() const noexcept { return continuations_; }

 private:
  static constexpr std::size_t kPreface = 24;  ///< bytes before the first frame
  static constexpr std::size_t kHead = 9;
  static constexpr std::size_t kWindowUpdate = kHead + 4;
  static constexpr std::size_t kPriority = kHead + 5;

  bool gather(std::string_view& bytes, std::size_t size) noexcept;
  std::size_t whole_size() const noexcept;
  Step begin_frame() noexcept;

  std::array<char, kPriority> frame_;  ///< the part that has come of the one under way
  std::size_t held_ = 0;
  std::size_t left_ = kPreface;  ///< bytes to pass without a look
  std::size_t continuations_ = 0;
  bool in_head_ = false;  ///< a header block goes on
};

}  // namespace sse::server
