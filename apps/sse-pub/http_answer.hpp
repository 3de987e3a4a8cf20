#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/http_publisher.hpp"

namespace sse::pub {

/// Why the server refused, for a message: its JSON `error` with the status, or the status with the
/// first line of what it said. Control characters are left out.
std::string refusal_reason(const client::HttpAnswer& answer);

/// What an answer 200 says about the events of its request; members it lacks are empty.
struct Receipt {
  std::vector<std::string> ids;  ///< of the events the server took now, in order
  std::size_t duplicates = 0;    ///< events, the first ones, that it had already
  std::optional<std::uint64_t> streams;
};
Receipt read_receipt(const client::HttpAnswer& answer);

/// How many of `sent` events a receipt vouches for: those it lists when they are some but too few,
/// else all.
std::size_t accepted_count(const Receipt& receipt, std::size_t sent);

/// The body as one line of JSON: itself, or wrapped when it is none.
std::string answer_line(const client::HttpAnswer& answer);

}  // namespace sse::pub
