#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sse::client {

/// Whether a last event ID can travel unchanged as a header value: no control character but an
/// inner tab, no space or tab at either end. UTF-8 is fine (WHATWG HTML 9.2.4 wants it).
bool is_legal_header_value(std::string_view value) noexcept;

/// The header lines of one request for an event stream: what WHATWG HTML 9.2.2 asks for, except
/// where the user's own line has the same name, then the user's lines; Last-Event-ID when
/// `last_event_id` is not empty and legal.
std::vector<std::string> request_headers(const std::vector<std::string>& user_lines,
                                         std::string_view last_event_id);

/// The name of a header line "Name: value", lower-cased; empty when it has no colon.
std::string header_name(std::string_view line);

}  // namespace sse::client
