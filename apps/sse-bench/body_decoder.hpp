#pragma once

#include <cstdint>
#include <string_view>

#include "sse-bench/response_head.hpp"

namespace sse::bench {

/// Takes the framing off an HTTP/1.x response body: chunked, of a stated length, or until the
/// connection closes. 16 bytes, as every stream has one.
class BodyDecoder {
 public:
  BodyDecoder() = default;
  /// For the body of a response with this complete head.
  explicit BodyDecoder(const ResponseHead& head);

  /// Takes framing and the next piece of body from the front of `rest`. False when there is no more
  /// body in it: `rest` is used up, or begins after the end of the body (done()).
  bool next(std::string_view& rest, std::string_view& piece) noexcept;

  bool done() const noexcept { return state_ == State::done; }
  /// The chunk framing is broken; nothing further can be read.
  bool malformed() const noexcept { return state_ == State::malformed; }

 private:
  enum class State : std::uint8_t {
    until_close,
    length,
    chunk_size,
    chunk_extension,
    chunk_data,
    chunk_end,
    trailer_start,
    trailer,
    done,
    malformed
  };

  void take_framing(char c) noexcept;
  void take_size(char c) noexcept;

  std::uint64_t left_ = 0;  ///< bytes of the chunk or the body still to come
  State state_ = State::until_close;
  std::uint8_t size_digits_ = 0;
};

}  // namespace sse::bench
