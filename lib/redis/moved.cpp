#include "redis/moved.hpp"

#include <charconv>
#include <string>

namespace sse::redis {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  int port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (port < 1 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

std::optional<RedisUrl> moved_to(std::string_view error, const RedisUrl& asked) {
  if (!error.starts_with("MOVED ")) return std::nullopt;
  const std::string to(error.substr(error.rfind(' ') + 1));
  const std::size_t colon = to.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto port = parse_port(std::string_view(to).substr(colon + 1));
  if (!port) return std::nullopt;
  RedisUrl next = asked;
  next.unix_path.clear();
  next.port = *port;
  if (colon > 0) next.host = to.substr(0, colon);
  return next;
}

}  // namespace sse::redis
