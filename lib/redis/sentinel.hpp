#pragma once

#include "redis/connection.hpp"
#include "redis/history_script.hpp"
#include "redis/redis_url.hpp"

// Sentinels know which of several Redis servers is the master now.
namespace sse::redis {

/// Whether the server of this URL must be asked for before it can be connected to.
inline bool needs_master(const RedisUrl& url) noexcept {
  return url.host.empty() && !url.sentinels.empty();
}

/// One sentinel to connect to: `index` counts on, around. Sentinels have no database, and a login
/// of their own, which is not supported.
RedisUrl sentinel_of(const RedisUrl& url, std::size_t index);

/// What to ask it.
Words master_question(const RedisUrl& url);

/// The URL of the master out of its answer. Error: it knows none of that name, or refused.
Result<RedisUrl> read_master(const RedisUrl& url, const Reply& answer);

/// What to ask a server that is said to be the master, and whether it agrees: a sentinel may not
/// know yet. Error: why not.
Words role_question();
Result<void> check_role(const Reply& answer);

/// Asks one sentinel after the other; for connections that block.
tl::expected<RedisUrl, ConnectError> find_master(const RedisUrl& url,
                                                 const ConnectionOptions& options);

}  // namespace sse::redis
