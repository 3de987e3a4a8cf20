#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sse::redis {

inline constexpr std::uint16_t kDefaultPort = 6379;
inline constexpr std::uint16_t kDefaultSentinelPort = 26379;

/// TLS to Redis; paths of PEM files, empty: none.
struct RedisTls {
  std::string ca_file;  ///< whom to trust; empty: whom the system trusts
  std::string cert_file;
  std::string key_file;

  friend bool operator==(const RedisTls&, const RedisTls&) = default;
};

/// For those that are given without a URL.
inline constexpr std::string_view kTlsNeedsRedis =
    "--redis-cacert, --redis-cert and --redis-key need --redis with a rediss:// URL";

/// Where somebody listens.
struct RedisAddress {
  std::string host;  ///< name or address, without brackets
  std::uint16_t port = kDefaultPort;

  friend bool operator==(const RedisAddress&, const RedisAddress&) = default;
};

/// Where a Redis server is and how to log in.
struct RedisUrl {
  std::string host;  ///< name or address, without brackets; empty: see unix_path and sentinels
  std::uint16_t port = kDefaultPort;
  std::string unix_path;  ///< absolute path of the socket; empty for TCP
  std::string user;       ///< ACL user; empty logs in as the default user
  std::string password;   ///< empty: no AUTH is sent, see complete_login()
  int db = 0;
  std::optional<RedisTls> tls;
  std::vector<RedisAddress> sentinels;  ///< who knows where the master is, see sentinel.hpp
  std::string master;                   ///< its name; empty without sentinels

  friend bool operator==(const RedisUrl&, const RedisUrl&) = default;
};

/// Parses `redis://[LOGIN@]host[:port][/db]` or `redis+unix://[LOGIN@]/path[?db=N]`, where LOGIN is
/// `user:password`, `:password`, or `user` if the password comes from elsewhere. User, password and
/// path are percent-decoded. `rediss://` is TLS; where the hiredis of this build has none, an error
/// that says so. `redis+sentinel://[LOGIN@]host[:port][,host[:port]...]/master[/db]` leaves the
/// host to be asked for. Errors say what to write instead and never repeat a password.
Result<RedisUrl> parse_redis_url(std::string_view text);

/// "host:port", an IPv6 address in brackets.
std::string to_string(const RedisAddress& address);

/// The URL for messages: the password, if any, as `***`.
std::string masked(const RedisUrl& url);

}  // namespace sse::redis
