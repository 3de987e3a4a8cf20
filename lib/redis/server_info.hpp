#pragma once

#include <string>

#include "base/result.hpp"
#include "redis/connection.hpp"

namespace sse::redis {

/// The run_id of the Redis process, from the reply to INFO server. Error: there is none, or the
/// process is too old to keep a history.
Result<std::string> run_for_history(const Reply& info);

}  // namespace sse::redis
