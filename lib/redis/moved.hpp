#pragma once

#include <optional>
#include <string_view>

#include "redis/redis_url.hpp"

namespace sse::redis {

/// The number of a TCP port, if the text is one.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// Where the keys are, if the error reply is that of a cluster member that does not have them
/// ("MOVED 3999 127.0.0.1:6381"). `asked` said so: the host if none is named, and the login.
std::optional<RedisUrl> moved_to(std::string_view error, const RedisUrl& asked);

}  // namespace sse::redis
