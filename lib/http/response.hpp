#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/request.hpp"

namespace sse::http {

/// The reason phrase of a status, "Unknown" for one without a registered name.
std::string_view status_text(int status);

/// A field's value with its control characters as spaces, so that nothing a client sent can start a
/// header of its own.
std::string clean_value(std::string_view value);

/// Appends "name: value\r\n", the value clean.
void append_header(std::string& head, std::string_view name, std::string_view value);

/// Adds `token` to the Vary header of the list, which stays one line.
void add_vary(HeaderList& headers, std::string_view token);

/// An answer, whichever version of HTTP carries it.
struct Response {
  int status = 200;
  std::string content_type;  ///< empty: none
  std::string body;
  HeaderList headers;  ///< beside what response_headers() adds
};

/// The header fields of an answer but for Connection: Content-Type (unless empty), Content-Length
/// (but not for 1xx and 204), Cache-Control: no-store (unless `extra` has a Cache-Control),
/// `extra`.
HeaderList response_headers(int status, std::string_view content_type, std::size_t body_bytes,
                            const HeaderList& extra);

/// Whether an answer of that status may have a body.
bool may_have_body(int status);

/// A whole answer over HTTP/1.x: status line, response_headers(), Connection where the client needs
/// it said, body.
///
/// `version_minor` is the client's HTTP/1.x. With `head_only` (the answer to HEAD) the body is left
/// out while Content-Length still tells its size.
std::string response(int status, std::string_view content_type, std::string_view body,
                     const HeaderList& extra = {}, bool keep_alive = true, int version_minor = 1,
                     bool head_only = false);

/// An answer whose body is one line of JSON: {"error":"<reason>","status":<status>}.
std::string error_response(int status, std::string_view reason, const HeaderList& extra = {},
                           bool keep_alive = false, int version_minor = 1, bool head_only = false);

/// The same, for any version.
Response error_answer(int status, std::string_view reason, HeaderList headers = {});

/// What a client that expects it waits for before it sends the body.
inline constexpr std::string_view kContinueResponse = "HTTP/1.1 100 Continue\r\n\r\n";

/// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace sse::http
