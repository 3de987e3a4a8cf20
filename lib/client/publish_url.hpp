#pragma once

#include <string>
#include <string_view>

#include <sse/encoder.hpp>

#include "base/result.hpp"

namespace sse::client {

/// Where a server's channels live, for building the URL of a publish request.
struct PublishBase {
  std::string url;      ///< scheme, login, host, port and base path, no trailing slash
  std::string display;  ///< the same for messages: a password is shown as `***`
};

/// Reads "http://host:port/base", "https://…" or "host:port". Error says what is wrong, without
/// repeating a password.
Result<PublishBase> parse_publish_base(std::string_view text);

/// BASE/CHANNEL?event=…&id=…&retry=… with what the fields have; everything percent-encoded.
std::string publish_url(const PublishBase& base, std::string_view channel,
                        const EventFields& fields);

/// Percent-encodes all but RFC 3986 unreserved characters and those in `also_plain`.
std::string percent_encode(std::string_view text, std::string_view also_plain = {});

}  // namespace sse::client
