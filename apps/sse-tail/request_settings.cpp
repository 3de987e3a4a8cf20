#include "request_settings.hpp"

#include <algorithm>

#include <sse/encoder.hpp>

#include "client/request_headers.hpp"
#include "read_file.hpp"

namespace sse::tail {
namespace {

// "Name: value", "Name:" (left out of the request) or "Name;" (sent empty), as curl has it.
Result<std::string> check_header(std::string line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
  if (client::header_name(line).empty())
    return fail("--header: '" + line + "' is not a header: write 'NAME: VALUE'");
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return fail("--header: the value of " + client::header_name(line) + " has a line break or NUL");
  return line;
}

Result<std::vector<std::string>> header_lines(const Options& options) {
  std::vector<std::string> lines;
  for (const std::string& given : options.headers) {
    if (!given.starts_with('@')) {
      lines.push_back(given);
      continue;
    }
    const auto text = read_file(given.substr(1));
    if (!text) return fail("--header: " + text.error().message);
    for (std::size_t start = 0; start < text->size();) {
      const std::size_t end = std::min(text->find('\n', start), text->size());
      if (end > start + (text->compare(start, 1, "\r") == 0))
        lines.push_back(text->substr(start, end - start));
      start = end + 1;
    }
  }
  for (std::string& line : lines) {
    auto checked = check_header(std::move(line));
    if (!checked) return fail(checked.error().message);
    line = std::move(*checked);
  }
  return lines;
}

std::string header_value(const std::string& line) {
  const std::size_t start = line.find_first_not_of(" \t", line.find(':') + 1);
  return start == std::string::npos ? std::string() : line.substr(start);
}

// A Last-Event-ID given as a header is where the stream starts, not what every reconnect repeats.
Result<void> set_headers(const Options& options, client::EventSourceOptions& source) {
  auto lines = header_lines(options);
  if (!lines) return fail(lines.error().message);
  source.last_event_id = options.last_event_id;
  for (const std::string& line : *lines) {
    if (client::header_name(line) == "last-event-id") {
      if (source.last_event_id.empty()) source.last_event_id = header_value(line);
    } else {
      source.request.headers.push_back(line);
    }
  }
  if (!is_valid_utf8(source.last_event_id)) return fail("--last-event-id: the id is not UTF-8");
  if (!client::is_legal_header_value(source.last_event_id))
    return fail(
        "--last-event-id: the id cannot be a header value: it has a control character, or "
        "a space at an end");
  return {};
}

}  // namespace

Result<void> settle_request(const Options& options, client::EventSourceOptions& source) {
  client::Request& request = source.request;
  for (const std::string& given : options.data) {
    auto piece = given.starts_with('@') ? read_file(given.substr(1)) : given;
    if (!piece) return fail("--data: " + piece.error().message);
    request.body = request.body ? *request.body + "&" + *piece : std::move(*piece);
  }
  request.method = options.method;
  if (request.method.empty()) request.method = request.body ? "POST" : "GET";
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  };
  if (!std::all_of(request.method.begin(), request.method.end(), letter))
    return fail("--request: '" + request.method + "' is not a method");
  if (request.method == "HEAD" || request.method == "CONNECT")
    return fail("--request: the answer to " + request.method + " is no stream");
  return set_headers(options, source);
}

}  // namespace sse::tail
