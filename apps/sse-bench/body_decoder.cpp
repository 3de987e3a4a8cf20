#include "sse-bench/body_decoder.hpp"

#include <algorithm>
#include <utility>

namespace sse::bench {
namespace {

constexpr std::uint8_t kSizeDigitsMax = 15;  // more cannot be added to a 64-bit count safely

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

BodyDecoder::BodyDecoder(const ResponseHead& head) {
  if (const int status = head.answer().status; status == 204 || status == 304) {
    state_ = State::done;
  } else if (head.chunked()) {
    state_ = State::chunk_size;
  } else if (head.content_length()) {
    left_ = *head.content_length();
    state_ = left_ == 0 ? State::done : State::length;
  }
}

bool BodyDecoder::next(std::string_view& rest, std::string_view& piece) noexcept {
  while (!rest.empty() && !done() && !malformed()) {
    if (state_ == State::until_close) {
      piece = std::exchange(rest, {});
      return true;
    }
    if (state_ == State::length || state_ == State::chunk_data) {
      piece = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size())));
      rest.remove_prefix(piece.size());
      left_ -= piece.size();
      if (left_ == 0) state_ = state_ == State::length ? State::done : State::chunk_end;
      return true;
    }
    take_framing(rest[0]);
    rest.remove_prefix(1);
  }
  return false;
}

void BodyDecoder::take_framing(char c) noexcept {
  const bool line_end = c == '\n';
  switch (state_) {
    case State::chunk_extension:
      if (!line_end) return;
      [[fallthrough]];
    case State::chunk_size:
      return take_size(c);
    case State::chunk_end:
      if (line_end) state_ = State::chunk_size;
      if (!line_end && c != '\r') state_ = State::malformed;
      return;
    case State::trailer_start:
      if (c != '\r') state_ = line_end ? State::done : State::trailer;
      return;
    case State::trailer:
      if (line_end) state_ = State::trailer_start;
      return;
    default:
      return;
  }
}

void BodyDecoder::take_size(char c) noexcept {
  const int digit = hex_value(c);
  if (state_ == State::chunk_size && digit >= 0 && size_digits_ < kSizeDigitsMax) {
    left_ = left_ << 4 | static_cast<unsigned>(digit);
    ++size_digits_;
  } else if (size_digits_ == 0 || (state_ == State::chunk_size && digit >= 0)) {
    state_ = State::malformed;
  } else if (c == '\n') {
    state_ = left_ > 0 ? State::chunk_data : State::trailer_start;
    size_digits_ = 0;
  } else {
    state_ = State::chunk_extension;
  }
}

}  // namespace sse::bench
