#include "http/chunked_decoder.hpp"

#include <algorithm>

#include "http/ascii.hpp"

namespace sse::http {
namespace {

constexpr ByteSet kQuotedBytes =
    (byte_range(0x20, 0x7e) | byte_range(0x80, 0xff) | byte_set("\t")) - byte_set("\"\\");
constexpr ByteSet kEscapedBytes = byte_range(0x20, 0x7e) | byte_range(0x80, 0xff) | byte_set("\t");

// As many as fit 64 bits, so that the size cannot overflow.
constexpr unsigned kSizeDigitsMax = 16;

}  // namespace

ChunkedDecoder::ChunkedDecoder(const RequestLimits& limits)
    : limits_(limits), trailers_(limits, HeadGuard::Section::trailers) {}

std::size_t ChunkedDecoder::decode(std::string_view bytes, std::string& body) {
  std::size_t pos = 0;
  while (pos < bytes.size() && !done() && !error_) pos += step(bytes.substr(pos), body);
  return pos;
}

std::size_t ChunkedDecoder::step(std::string_view rest, std::string& body) {
  switch (state_) {
    case State::size_first:
    case State::size:
      return step_size(rest[0]);
    case State::extension_name_first:
    case State::extension_name:
    case State::extension_value_first:
    case State::extension_token:
    case State::extension_end:
      return step_extension(rest[0]);
    case State::extension_quoted:
    case State::extension_escape:
      return step_quoted(rest[0]);
    case State::size_lf:
      return step_size_end(rest[0], body.size());
    case State::data:
      return step_data(rest, body);
    case State::data_cr:
      return expect(rest[0], '\r', State::data_lf);
    case State::data_lf:
      return expect(rest[0], '\n', State::size_first);
    case State::trailers:
      return step_trailers(rest);
  }
  return 0;
}

std::size_t ChunkedDecoder::step_size(char c) {
  const int digit = hex_value(c);
  if (digit < 0) return state_ == State::size ? end_of_size(c) : fail(400, "chunk: invalid size");
  if (state_ == State::size_first) size_digits_ = 0;
  if (++size_digits_ > kSizeDigitsMax) return fail(400, "chunk: size out of range");
  chunk_bytes_ = chunk_bytes_ << 4 | static_cast<unsigned>(digit);
  return enter(State::size);
}

// After the size, an extension name, an extension value: what may follow any of them.
std::size_t ChunkedDecoder::end_of_size(char c) {
  if (c == ';') return enter(State::extension_name_first);
  if (c == '\r') return enter(State::size_lf);
  return fail(400, state_ == State::size ? "chunk: invalid size" : "chunk: invalid extension");
}

// chunk-ext without the "bad" white space of the grammar, which no sender may generate.
std::size_t ChunkedDecoder::step_extension(char c) {
  if (++extension_bytes_ > limits_.head_bytes_max) return fail(400, "chunk: extensions too long");
  const bool token = contains(kTokenBytes, c);
  switch (state_) {
    case State::extension_name_first:
      return token ? enter(State::extension_name) : fail(400, "chunk: invalid extension");
    case State::extension_value_first:
      if (c == '"') return enter(State::extension_quoted);
      return token ? enter(State::extension_token) : fail(400, "chunk: invalid extension");
    case State::extension_name:
      if (c == '=') return enter(State::extension_value_first);
      return token ? 1 : end_of_size(c);
    case State::extension_token:
      return token ? 1 : end_of_size(c);
    default:
      return end_of_size(c);
  }
}

std::size_t ChunkedDecoder::step_quoted(char c) {
  if (++extension_bytes_ > limits_.head_bytes_max) return fail(400, "chunk: extensions too long");
  if (state_ == State::extension_escape && contains(kEscapedBytes, c))
    return enter(State::extension_quoted);
  if (state_ == State::extension_quoted) {
    if (contains(kQuotedBytes, c)) return 1;
    if (c == '\\') return enter(State::extension_escape);
    if (c == '"') return enter(State::extension_end);
  }
  return fail(400, "chunk: invalid extension");
}

// The body so far never exceeds the limit: each chunk is weighed here before it is read.
std::size_t ChunkedDecoder::step_size_end(char c, std::size_t body_bytes) {
  if (chunk_bytes_ > limits_.body_bytes_max - body_bytes)
    return fail(413, "request body too large");
  return expect(c, '\n', chunk_bytes_ > 0 ? State::data : State::trailers);
}

std::size_t ChunkedDecoder::step_data(std::string_view rest, std::string& body) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes_, rest.size()));
  body.append(rest.substr(0, n));
  chunk_bytes_ -= n;
  if (chunk_bytes_ == 0) state_ = State::data_cr;
  return n;
}

std::size_t ChunkedDecoder::step_trailers(std::string_view rest) {
  const std::size_t n = trailers_.scan(rest);
  error_ = trailers_.error();
  return n;
}

std::size_t ChunkedDecoder::expect(char c, char wanted, State next) {
  return c == wanted ? enter(next) : fail(400, "chunk: not ended by CRLF");
}

std::size_t ChunkedDecoder::enter(State next) {
  state_ = next;
  return 1;
}

std::size_t ChunkedDecoder::fail(int status, const char* reason) {
  error_ = HttpError{status, reason};
  return 0;
}

}  // namespace sse::http
