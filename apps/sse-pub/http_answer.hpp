#pragma once

#include <cstddef>
#include <string>

#include "client/http_publisher.hpp"

namespace sse::pub {

/// Why the server refused, for a message: its JSON `error` with the status, or the status with the
/// first line of what it said. Control characters are left out.
std::string refusal_reason(const client::HttpAnswer& answer);

/// How many of `sent` events an answer 200 vouches for: the number of its `ids` when it lists some
/// but too few, else all.
std::size_t accepted_count(const client::HttpAnswer& answer, std::size_t sent);

/// The body as one line of JSON: itself, or wrapped when it is none.
std::string answer_line(const client::HttpAnswer& answer);

}  // namespace sse::pub
