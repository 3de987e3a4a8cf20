#pragma once

#include <span>
#include <string>

namespace sse::client {

/// Whether Content-Type values, in the order received, name an event stream: of all values (fields
/// repeated or joined by commas) the last that parses as a MIME type counts, by its essence, in any
/// ASCII case; parameters do not matter (WHATWG HTML 9.2.2, Fetch "extract a MIME type").
bool is_event_stream(std::span<const std::string> content_types);
/// The same for application/json.
bool is_json_type(std::span<const std::string> content_types);

}  // namespace sse::client
