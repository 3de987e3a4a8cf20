#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "http/request.hpp"
#include "hub/hub.hpp"

namespace sse::server {

/// Where people say a stream should start: `now`, `earliest`, `-100` (the last 100 events), `5m`
/// (a duration back) or an RFC 3339 time.
Result<hub::StartPoint> parse_since(std::string_view text, std::uint64_t unix_now_ms);

/// What a request asks for: the Last-Event-ID header (what a reconnecting client sends) before
/// `?last-event-id=` before `?since=` before `otherwise`. An empty id asks for nothing.
Result<hub::StartPoint> start_point(const http::Request& request, const hub::StartPoint& otherwise,
                                    std::uint64_t unix_now_ms);

}  // namespace sse::server
