#pragma once

#include <string>
#include <string_view>

#include "hub/hub.hpp"

namespace sse::server {

/// The gap as JSON: {"requested","oldest","missed","reason"}; ASCII only, one line.
std::string gap_json(const hub::Gap& gap);
/// The in-band event: `event: gap` with that JSON as data, no id.
std::string gap_block(const hub::Gap& gap);
/// A block without data that sets the client's last event ID: it resumes even if no event came.
std::string position_block(std::string_view epoch, hub::Seq position);
/// What a stream opens with: `retry` and the position.
std::string prime_block(std::uint64_t retry_ms, std::string_view epoch, hub::Seq position);

}  // namespace sse::server
