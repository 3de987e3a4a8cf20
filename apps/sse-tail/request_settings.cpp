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
  if (!options.json.empty() && std::none_of(lines->begin(), lines->end(), [](const auto& line) {
        return client::header_name(line) == "content-type";
      }))
    lines->emplace_back("Content-Type: application/json");
  if (options.mcp) lines->emplace_back("Accept: application/json, text/event-stream");
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

Result<void> join_body(const std::string& option, const std::vector<std::string>& pieces,
                       const std::string& separator, std::optional<std::string>& body) {
  for (const std::string& given : pieces) {
    auto piece = given.starts_with('@') ? read_file(given.substr(1)) : given;
    if (!piece) return fail(option + ": " + piece.error().message);
    body = body ? *body + separator + *piece : std::move(*piece);
  }
  return {};
}

Result<std::string> check_token(const std::string& option, std::string token) {
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.empty()) return fail(option + ": the token is empty");
  if (!client::is_legal_header_value(token))
    return fail(option + ": the token cannot be a header value");
  return token;
}

Result<std::string> token_in(const std::string& path) {
  auto text = read_file(path);
  if (!text) return fail("--token-file: " + text.error().message);
  return check_token("--token-file", *std::move(text));
}

// A file is read for each request: whoever renews the token writes it there.
Result<void> set_token(const Options& options, client::EventSourceOptions& source) {
  if (!options.token_file.empty() && !options.oauth2_bearer.empty())
    return fail("--token-file and --oauth2-bearer exclude each other: leave out one");
  if (!options.token_file.empty()) {
    if (const auto now = token_in(options.token_file); !now) return tl::unexpected(now.error());
    source.bearer_token = [path = options.token_file] { return token_in(path); };
  }
  if (options.oauth2_bearer.empty()) return {};
  const auto token = check_token("--oauth2-bearer", options.oauth2_bearer);
  if (!token) return tl::unexpected(token.error());
  source.bearer_token = [token] { return token; };
  return {};
}

// "502" or "5xx"
std::optional<client::StatusRange> parse_status(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr int kHundred = 100;
  if (text.size() != 3 || (text[0] != '4' && text[0] != '5')) return std::nullopt;
  const int first = (text[0] - '0') * kHundred;
  if (text.ends_with("xx")) return client::StatusRange{first, first + kHundred - 1};
  if (text.find_first_not_of(kDigits) != std::string::npos) return std::nullopt;
  const int status = std::stoi(text);
  return client::StatusRange{status, status};
}

Result<void> set_retry_statuses(const Options& options, client::EventSourceOptions& source) {
  for (const std::string& text : options.retry_statuses) {
    const auto range = parse_status(text);
    if (!range)
      return fail("--retry-status: '" + text + "' is not a status such as 502, or 4xx or 5xx");
    source.retry_statuses.push_back(*range);
  }
  return {};
}

}  // namespace

Result<void> settle_request(const Options& options, client::EventSourceOptions& source) {
  client::Request& request = source.request;
  if (!options.data.empty() && !options.json.empty())
    return fail("--data and --json exclude each other: leave out one");
  if (auto ok = join_body("--data", options.data, "&", request.body); !ok) return ok;
  if (auto ok = join_body("--json", options.json, "", request.body); !ok) return ok;
  request.method = options.method;
  if (request.method.empty()) request.method = request.body ? "POST" : "GET";
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  };
  if (!std::all_of(request.method.begin(), request.method.end(), letter))
    return fail("--request: '" + request.method + "' is not a method");
  if (request.method == "HEAD" || request.method == "CONNECT")
    return fail("--request: the answer to " + request.method + " is no stream");
  if (auto ok = set_headers(options, source); !ok) return ok;
  if (auto ok = set_retry_statuses(options, source); !ok) return ok;
  return set_token(options, source);
}

}  // namespace sse::tail
