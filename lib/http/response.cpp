#include "http/response.hpp"

#include <algorithm>

#include "http/ascii.hpp"
#include "http/url.hpp"

namespace sse::http {
namespace {

struct StatusName {
  int status;
  std::string_view text;
};

// RFC 9110 section 15, and RFC 6585 for 428, 429 and 431.
constexpr StatusName kStatusNames[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

constexpr std::size_t kHeadBytesTypical = 256;

bool has_header(const HeaderList& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return iequals(header.first, name); });
}

// HTTP/1.1 lives on unless told, HTTP/1.0 ends unless told.
void append_connection(std::string& head, bool keep_alive, int version_minor) {
  if (!keep_alive) {
    append_header(head, "Connection", "close");
  } else if (version_minor == 0) {
    append_header(head, "Connection", "keep-alive");
  }
}

void append_clean(std::string& out, std::string_view value) {
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
}

void append_escaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (byte < 0x20 || byte == 0x7f) {
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  } else {
    out += c;
  }
}

}  // namespace

std::string_view status_text(int status) {
  for (const StatusName& name : kStatusNames)
    if (name.status == status) return name.text;
  return "Unknown";
}

std::string clean_value(std::string_view value) {
  std::string clean;
  append_clean(clean, value);
  return clean;
}

void append_header(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  append_clean(head, value);
  head += "\r\n";
}

void add_vary(HeaderList& headers, std::string_view token) {
  for (auto& [name, value] : headers) {
    if (!iequals(name, "Vary")) continue;
    std::string_view rest = value;
    while (!rest.empty())
      if (iequals(trim(next_part(rest, ',')), token)) return;
    value.append(", ").append(token);
    return;
  }
  headers.emplace_back("Vary", token);
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

HeaderList response_headers(int status, std::string_view content_type, std::size_t body_bytes,
                            const HeaderList& extra) {
  HeaderList headers;
  const bool with_body = may_have_body(status);
  if (with_body && !content_type.empty()) headers.emplace_back("Content-Type", content_type);
  if (with_body) headers.emplace_back("Content-Length", std::to_string(body_bytes));
  if (!has_header(extra, "Cache-Control")) headers.emplace_back("Cache-Control", "no-store");
  headers.insert(headers.end(), extra.begin(), extra.end());
  return headers;
}

std::string response(int status, std::string_view content_type, std::string_view body,
                     const HeaderList& extra, bool keep_alive, int version_minor, bool head_only) {
  std::string out;
  out.reserve(kHeadBytesTypical + body.size());
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(status_text(status)).append("\r\n");
  for (const auto& [name, value] : response_headers(status, content_type, body.size(), extra))
    append_header(out, name, value);
  append_connection(out, keep_alive, version_minor);
  out += "\r\n";
  if (may_have_body(status) && !head_only) out += body;
  return out;
}

Response error_answer(int status, std::string_view reason, HeaderList headers) {
  return {
      .status = status,
      .content_type = "application/json",
      .body = "{\"error\":" + json_string(reason) + ",\"status\":" + std::to_string(status) + "}\n",
      .headers = std::move(headers)};
}

std::string error_response(int status, std::string_view reason, const HeaderList& extra,
                           bool keep_alive, int version_minor, bool head_only) {
  const Response answer = error_answer(status, reason);
  return response(status, answer.content_type, answer.body, extra, keep_alive, version_minor,
                  head_only);
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t size = utf8_sequence(text);
    if (size == 1) {
      append_escaped(out, text[0]);
    } else if (size == 0) {
      out += "\\ufffd";
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out += '"';
}

}  // namespace sse::http
