#include "http/head_guard.hpp"

#include <algorithm>
#include <cstring>

#include "http/ascii.hpp"
#include "http/request_target.hpp"

namespace sse::http {
namespace {

// field-content, RFC 9110 section 5.5: visible, obs-text, SP, HTAB.
constexpr ByteSet kValueBytes = byte_range(0x20, 0x7e) | byte_range(0x80, 0xff) | byte_set("\t");
constexpr std::string_view kVersionPattern = "HTTP/#.#";
constexpr std::size_t kMajorIndex = 5;

std::size_t run_length(const ByteSet& set, std::string_view bytes) {
  std::size_t n = 0;
  while (n < bytes.size() && contains(set, bytes[n])) ++n;
  return n;
}

/// Is any of the eight bytes a control character? HTAB counts as one.
bool has_control(std::uint64_t bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = kEach * 0x80;
  const std::uint64_t delete_as_zero = bytes ^ (kEach * 0x7f);
  const std::uint64_t below_space = (bytes - kEach * 0x20) & ~bytes;
  return ((below_space | ((delete_as_zero - kEach) & ~delete_as_zero)) & kHighBits) != 0;
}

/// run_length(kValueBytes, bytes), eight bytes at a time: most of a head is values.
std::size_t value_length(std::string_view bytes) {
  std::size_t n = 0;
  for (std::uint64_t word = 0; bytes.size() - n >= sizeof word; n += sizeof word) {
    std::memcpy(&word, bytes.data() + n, sizeof word);
    if (has_control(word)) break;
  }
  return n + run_length(kValueBytes, bytes.substr(n));
}

}  // namespace

HeadGuard::HeadGuard(const RequestLimits& limits, Section section)
    : limits_(limits), state_(section == Section::request ? State::start : State::field_start) {}

std::size_t HeadGuard::scan(std::string_view bytes) {
  const std::size_t allowed = std::min(bytes.size(), limits_.head_bytes_max - bytes_);
  std::size_t pos = 0;
  while (pos < allowed && !done() && !error_) pos += step(bytes.substr(pos, allowed - pos));
  bytes_ += pos;
  if (pos == allowed && allowed < bytes.size() && !done() && !error_) fail_head_too_large();
  return pos;
}

std::size_t HeadGuard::step(std::string_view rest) {
  switch (state_) {
    case State::start:
      return step_start(rest[0]);
    case State::start_lf:
      return expect_lf(rest[0], State::start);
    case State::method:
      return step_method(rest);
    case State::target:
      return step_target(rest);
    case State::version:
      return step_version(rest[0]);
    case State::line_lf:
    case State::value_lf:
      return expect_lf(rest[0], State::field_start);
    case State::field_start:
      return step_field_start(rest[0]);
    case State::name:
      return step_name(rest);
    case State::value:
      return step_value(rest);
    case State::end_lf:
      return expect_lf(rest[0], State::done);
    case State::done:
      break;
  }
  return 0;
}

// Empty lines before a request line are skipped, as RFC 9112 section 2.2 asks for.
std::size_t HeadGuard::step_start(char c) {
  if (c != '\r' && !contains(kTokenBytes, c)) return fail(400, "request line: invalid method");
  state_ = c == '\r' ? State::start_lf : State::method;
  return 1;
}

std::size_t HeadGuard::step_method(std::string_view rest) {
  const std::size_t n = run_length(kTokenBytes, rest);
  if (n == rest.size()) return n;
  if (rest[n] != ' ') return n + fail(400, "request line: invalid method");
  state_ = State::target;
  return n + 1;
}

std::size_t HeadGuard::step_target(std::string_view rest) {
  const std::size_t room = limits_.target_bytes_max - target_bytes_;
  const std::size_t n = run_length(kTargetBytes, rest.substr(0, room));
  target_bytes_ += n;
  if (n == rest.size()) return n;
  if (n == room && contains(kTargetBytes, rest[n])) return n + fail(414, "request target too long");
  if (target_bytes_ == 0) return n + fail(400, "request line: no request target");
  if (rest[n] == '\r' || rest[n] == '\n') return n + fail(400, "request line: no HTTP version");
  if (rest[n] != ' ') return n + fail(400, "request target: byte that must be percent-encoded");
  state_ = State::version;
  return n + 1;
}

std::size_t HeadGuard::step_version(char c) {
  if (version_index_ == kVersionPattern.size()) {
    if (c != '\r') return fail(400, "request line: bytes after the HTTP version");
    state_ = State::line_lf;
    return 1;
  }
  const char wanted = kVersionPattern[version_index_];
  if (wanted == '#' ? !contains(kDigits, c) : c != wanted)
    return fail(400, "request line: invalid HTTP version");
  if (version_index_ == kMajorIndex) version_supported_ = c == '1';
  if (++version_index_ < kVersionPattern.size()) return 1;
  if (!version_supported_ || c > '1') return fail(505, "only HTTP/1.0 and HTTP/1.1 are supported");
  return 1;
}

std::size_t HeadGuard::step_field_start(char c) {
  if (c == '\r') {
    state_ = State::end_lf;
    return 1;
  }
  if (c == ' ' || c == '\t') return fail(400, "header: folded line or leading white space");
  if (!contains(kTokenBytes, c)) return fail(400, "header: invalid name");
  if (++fields_ > limits_.headers_max) return fail(431, "too many headers");
  state_ = State::name;
  return 1;
}

std::size_t HeadGuard::step_name(std::string_view rest) {
  const std::size_t n = run_length(kTokenBytes, rest);
  if (n == rest.size()) return n;
  if (rest[n] == '\r' || rest[n] == '\n') return n + fail(400, "header: no colon");
  if (rest[n] != ':') return n + fail(400, "header: invalid name");
  state_ = State::value;
  return n + 1;
}

std::size_t HeadGuard::step_value(std::string_view rest) {
  const std::size_t n = value_length(rest);
  if (n == rest.size()) return n;
  if (rest[n] != '\r') return n + fail(400, "header: control character in a value");
  state_ = State::value_lf;
  return n + 1;
}

std::size_t HeadGuard::expect_lf(char c, State next) {
  if (c != '\n') return fail(400, "CR without LF");
  state_ = next;
  return 1;
}

std::size_t HeadGuard::fail(int status, const char* reason) {
  error_ = HttpError{status, reason};
  return 0;
}

void HeadGuard::fail_head_too_large() {
  const bool in_target = state_ == State::target;
  fail(in_target ? 414 : 431, in_target ? "request target too long" : "request head too large");
}

}  // namespace sse::http
