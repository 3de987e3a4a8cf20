#pragma once

#include "base/result.hpp"
#include "client/event_source.hpp"
#include "options.hpp"

namespace sse::tail {

/// Settles what every request of a stream says: method, body, headers, starting position. Reads
/// the files the options name; the error names the option.
Result<void> settle_request(const Options& options, client::EventSourceOptions& source);

}  // namespace sse::tail
