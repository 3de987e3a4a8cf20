#include "client/response_head_reader.hpp"

#include <charconv>
#include <string>

#include "base/trim.hpp"
#include "client/request_headers.hpp"

namespace sse::client {

ResponseHeadReader::State ResponseHeadReader::add(std::string_view line) {
  if (complete_) return State::past;
  const std::string_view text = trim_line(line);
  if (text.starts_with("HTTP/")) {
    begin(text);
  } else if (!text.empty()) {
    add_field(text);
  } else if (is_followed_redirect()) {
    redirected_ = true;
  } else if (head_.status >= 200) {
    complete_ = true;
    return State::complete;
  }
  return State::reading;
}

void ResponseHeadReader::begin(std::string_view status_line) {
  head_ = {};
  has_location_ = false;
  const std::size_t space = status_line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view rest = status_line.substr(space + 1);
  std::from_chars(rest.data(), rest.data() + rest.size(), head_.status);
}

void ResponseHeadReader::add_field(std::string_view line) {
  head_.fields.emplace_back(line);
  const std::string name = header_name(line);
  const std::string_view value = trim_line(line.substr(name.size() + (name.size() < line.size())));
  if (name == "content-type") head_.content_types.emplace_back(value);
  if (name == "retry-after") head_.retry_after = std::string(value);
  if (name == "mcp-session-id") head_.mcp_session = std::string(value);
  if (name == "location") has_location_ = !value.empty();
}

bool ResponseHeadReader::is_followed_redirect() const {
  const int s = head_.status;
  return has_location_ && (s == 301 || s == 302 || s == 303 || s == 307 || s == 308);
}

}  // namespace sse::client
