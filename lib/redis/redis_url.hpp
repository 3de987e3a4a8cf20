#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse::redis {

inline constexpr std::uint16_t kDefaultPort = 6379;

/// Where a Redis server is and how to log in.
struct RedisUrl {
  std::string host;  ///< name or address, without brackets; empty for a unix socket
  std::uint16_t port = kDefaultPort;
  std::string unix_path;  ///< absolute path of the socket; empty for TCP
  std::string user;       ///< ACL user; empty logs in as the default user
  std::string password;   ///< empty: no AUTH is sent, see complete_login()
  int db = 0;

  friend bool operator==(const RedisUrl&, const RedisUrl&) = default;
};

/// Parses `redis://[LOGIN@]host[:port][/db]` or `redis+unix://[LOGIN@]/path[?db=N]`, where LOGIN is
/// `user:password`, `:password`, or `user` if the password comes from elsewhere. User, password and
/// path are percent-decoded. `rediss://` (TLS) and `redis+sentinel://` need a later hiredis and are
/// errors that say so. Errors say what to write instead and never repeat a password.
Result<RedisUrl> parse_redis_url(std::string_view text);

/// The URL for messages: the password, if any, as `***`.
std::string masked(const RedisUrl& url);

}  // namespace sse::redis
