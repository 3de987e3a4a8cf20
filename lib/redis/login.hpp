#pragma once

#include <string>

#include "base/result.hpp"
#include "redis/redis_url.hpp"

namespace sse::redis {

/// Completes the login of a URL: with the password a file held (empty: none), which beats that of
/// the URL; else, where the URL has none, with that of the environment variable REDISCLI_AUTH.
/// Error: a user without a password.
Result<void> complete_login(RedisUrl& url, const std::string& file_password);

}  // namespace sse::redis
