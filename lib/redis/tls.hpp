#pragma once

#include "base/result.hpp"
#include "redis/redis_url.hpp"

struct redisContext;

namespace sse::redis {

/// Whether the hiredis of this build has TLS.
bool supports_tls() noexcept;

/// Gives the URL what TLS needs. Errors: files for a URL that is not rediss://, or that cannot be
/// used; they name the option.
Result<void> complete_tls(RedisUrl& url, const RedisTls& files);

/// From here on the connection speaks TLS, if its URL asks for it: TLS 1.2 or later, and only with
/// a server whose certificate is valid for the host of the URL. To be called once it is (being)
/// connected, before anything is sent. Errors name the file that cannot be used.
Result<void> begin_tls(redisContext& context, const RedisUrl& url);

}  // namespace sse::redis
