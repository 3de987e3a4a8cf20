#pragma once

#include "redis/connection.hpp"

struct redisReply;

namespace sse::redis {

/// Copies what hiredis read. A nil is Reply::Kind::other.
Reply convert(const redisReply& raw);
/// Stands for a reply that will never come.
Reply no_reply(Reply::Kind kind, std::string why);

}  // namespace sse::redis
