#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse::client {

/// Parses the URL of a stream: absolute, http or https; "HOST:PORT/PATH" means http. Returns it
/// ready for a request (spaces encoded). The error names the URL and what is wrong with it.
Result<std::string> parse_stream_url(std::string_view text);

/// The URL without its password, for messages.
std::string display_url(const std::string& url);

}  // namespace sse::client
