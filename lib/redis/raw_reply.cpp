#include "redis/raw_reply.hpp"

#include <utility>

#include <hiredis/hiredis.h>

namespace sse::redis {

Reply convert(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::integer;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_ERROR:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
      reply.kind = raw.type == REDIS_REPLY_ERROR ? Reply::Kind::error : Reply::Kind::text;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::array;
      for (std::size_t i = 0; i < raw.elements; ++i)
        reply.elements.push_back(convert(*raw.element[i]));
      break;
    default:
      break;
  }
  return reply;
}

Reply no_reply(Reply::Kind kind, std::string why) {
  Reply reply;
  reply.kind = kind;
  reply.text = std::move(why);
  return reply;
}

}  // namespace sse::redis
