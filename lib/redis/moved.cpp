#include "redis/moved.hpp"

#include <charconv>
#include <string>

namespace sse::redis {

std::optional<RedisUrl> moved_to(std::string_view error, const RedisUrl& asked) {
  if (!error.starts_with("MOVED ")) return std::nullopt;
  const std::string to(error.substr(error.rfind(' ') + 1));
  const std::size_t colon = to.rfind(':');
  int port = 0;
  if (colon != std::string::npos)
    std::from_chars(to.data() + colon + 1, to.data() + to.size(), port);
  if (port < 1 || port > 65535) return std::nullopt;
  RedisUrl next = asked;
  next.unix_path.clear();
  next.port = static_cast<std::uint16_t>(port);
  if (colon > 0) next.host = to.substr(0, colon);
  return next;
}

}  // namespace sse::redis
