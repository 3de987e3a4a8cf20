#include "sse-bench/response_head.hpp"

#include <algorithm>
#include <charconv>

#include "base/trim.hpp"

namespace sse::bench {
namespace {

// Takes the text up to `separator` from the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

// The last element of a comma-separated header value.
std::string_view last_token(std::string_view value) {
  return trim_line(value.substr(value.rfind(',') + 1));  // npos + 1 is 0
}

}  // namespace

std::size_t ResponseHead::feed(std::string_view bytes) {
  std::size_t taken = 0;
  started_ = started_ || !bytes.empty();
  while (taken < bytes.size() && state_ == State::reading) {
    const char c = bytes[taken++];
    text_.push_back(c);
    if (c == '\n' && line_bytes_ == 0)
      parse();
    else if (c == '\n')
      line_bytes_ = 0;
    else if (c != '\r')
      ++line_bytes_;
    if (text_.size() > kHeadBytesMax) state_ = State::malformed;
  }
  return taken;
}

void ResponseHead::parse() {
  std::string_view rest = text_;
  const std::string_view status_line = trim_line(take_until(rest, '\n'));
  if (status_line.empty() && rest.empty()) {
    text_.clear();  // an empty line before the head (RFC 9112 section 2.2)
    return;
  }
  bool good = parse_status_line(status_line);
  while (good && !rest.empty()) {
    const std::string_view line = take_until(rest, '\n');
    if (!trim_line(line).empty()) good = parse_header(line);
  }
  const bool interim = good && answer_.status >= 100 && answer_.status < 200;
  if (interim) {
    *this = ResponseHead();
    started_ = true;
  } else {
    state_ = good ? State::complete : State::malformed;
  }
}

bool ResponseHead::parse_status_line(std::string_view line) {
  const bool version = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ';
  if (!version) return false;
  close_ = line[7] == '0';
  answer_.status_text = line.substr(9);
  const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, answer_.status);
  return error == std::errc{} && end == line.data() + 12 && answer_.status >= 100;
}

bool ResponseHead::parse_header(std::string_view line) {
  if (line.find(':') == std::string_view::npos) return false;
  const std::string_view name = take_until(line, ':');
  const std::string_view value = trim_line(line);
  if (same_name(name, "content-type")) {
    answer_.content_type = value;
  } else if (same_name(name, "transfer-encoding")) {
    chunked_ = same_name(last_token(value), "chunked");
  } else if (same_name(name, "connection")) {
    close_ = (close_ || same_name(value, "close")) && !same_name(value, "keep-alive");
  } else if (same_name(name, "content-length")) {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || end != value.data() + value.size()) return false;
    content_length_ = length;
  }
  return true;
}

}  // namespace sse::bench
