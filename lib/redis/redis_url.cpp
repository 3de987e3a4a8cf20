#include "redis/redis_url.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

namespace sse::redis {
namespace {

constexpr std::string_view kTcpScheme = "redis://";
constexpr std::string_view kUnixScheme = "redis+unix://";
constexpr std::string_view kTlsScheme = "rediss://";
constexpr std::string_view kSentinelScheme = "redis+sentinel://";
constexpr int kDbMax = 65535;
constexpr std::size_t kSocketPathBytesMax = 107;  ///< sun_path of unix(7) with its NUL is 108

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What follows a NUL would not reach the system.
bool holds_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// nullopt when a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
      return std::nullopt;
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return out;
}

constexpr std::string_view kSpecialInUser = "%/?#@:";
constexpr std::string_view kSpecialInPath = "%?";

// `special`: what parse_redis_url() would read otherwise than as itself.
std::string percent_encode(std::string_view text, std::string_view special) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (special.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte / 16], kDigits[byte % 16]};
  }
  return out;
}

std::optional<int> number(std::string_view text, int min, int max) {
  int value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (value < min || value > max) return std::nullopt;
  return value;
}

// "user@" or "user:password@" at the front of `rest`, which is cut off.
Result<void> take_login(std::string_view& rest, RedisUrl& url) {
  const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view login = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::size_t colon = login.find(':');
  const bool has_password = colon != std::string_view::npos;
  const auto user = percent_decode(login.substr(0, colon));
  const auto password = percent_decode(has_password ? login.substr(colon + 1) : "");
  if (!user || !password)
    return fail("Redis URL has a bad percent-encoding in its user or password");
  if (has_password && password->empty()) return fail("Redis URL has an empty password");
  if (!has_password && user->empty()) return fail("Redis URL has an empty user");
  url.user = *user;
  url.password = *password;
  return {};
}

Result<void> take_db(std::string_view text, RedisUrl& url) {
  const auto db = number(text, 0, kDbMax);
  if (!db) return fail("Redis URL: '" + std::string(text) + "' is not a database number");
  url.db = *db;
  return {};
}

// RFC 4291, with the zone of RFC 4007 if it is a link's.
bool is_ipv6(std::string_view host) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(host.substr(0, host.find('%'))).c_str(), &address) == 1;
}

// "host", "host:port", "[::1]:port".
Result<void> take_address(std::string_view text, RedisUrl& url) {
  std::size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return fail("Redis URL: '[' without ']'");
    url.host = std::string(text.substr(1, close - 1));
    if (!holds_nul(url.host) && !is_ipv6(url.host))
      return fail("Redis URL: '" + url.host + "' in [] is not an IPv6 address");
    host_end = close + 1;
  } else {
    url.host = std::string(text.substr(0, host_end));
  }
  if (url.host.empty()) return fail("Redis URL has no host: write redis://HOST[:PORT][/DB]");
  if (holds_nul(url.host)) return fail("Redis URL: there is a NUL in the host");
  if (host_end >= text.size()) return {};
  const auto port = number(text.substr(host_end + 1), 1, 65535);
  if (text[host_end] != ':' || !port)
    return fail("Redis URL: '" + std::string(text.substr(host_end)) + "' is not a :PORT");
  url.port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<RedisUrl> parse_tcp(std::string_view rest) {
  RedisUrl url;
  if (auto login = take_login(rest, url); !login) return tl::unexpected(login.error());
  if (rest.find('@') != std::string_view::npos)  // no part of the login may reach a message
    return fail("Redis URL: write a '/' in the user or password as %2F");
  if (rest.find_first_of("?#") != std::string_view::npos)
    return fail("Redis URL: no '?' or '#' is known here; the database goes in the path: /DB");
  const std::size_t slash = rest.find('/');
  if (auto address = take_address(rest.substr(0, slash), url); !address)
    return tl::unexpected(address.error());
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return url;
  if (auto db = take_db(rest.substr(slash + 1), url); !db) return tl::unexpected(db.error());
  return url;
}

Result<void> take_path(std::string_view text, RedisUrl& url) {
  const auto path = percent_decode(text);
  if (!path) return fail("Redis URL has a bad percent-encoding in its socket path");
  if (holds_nul(*path)) return fail("Redis URL: there is a NUL in the socket path");
  if (path->size() > kSocketPathBytesMax)
    return fail("Redis URL: a socket path has at most " + std::to_string(kSocketPathBytesMax) +
                " bytes, this one " + std::to_string(path->size()));
  url.unix_path = *path;
  return {};
}

Result<RedisUrl> parse_unix(std::string_view rest) {
  RedisUrl url;
  if (auto login = take_login(rest, url); !login) return tl::unexpected(login.error());
  if (!rest.starts_with('/'))
    return fail("Redis URL needs an absolute socket path: write redis+unix:///PATH");
  const std::size_t query = rest.find('?');
  if (auto path = take_path(rest.substr(0, query), url); !path) return tl::unexpected(path.error());
  if (query == std::string_view::npos) return url;
  const std::string_view option = rest.substr(query + 1);
  if (!option.starts_with("db=")) return fail("Redis URL: only ?db=N may follow a socket path");
  if (auto db = take_db(option.substr(3), url); !db) return tl::unexpected(db.error());
  return url;
}

}  // namespace

Result<RedisUrl> parse_redis_url(std::string_view text) {
  if (text.starts_with(kTcpScheme)) return parse_tcp(text.substr(kTcpScheme.size()));
  if (text.starts_with(kUnixScheme)) return parse_unix(text.substr(kUnixScheme.size()));
  if (text.starts_with(kTlsScheme))
    return fail(
        "rediss:// (Redis over TLS) is not supported: the hiredis library of this build has no "
        "TLS; use a TLS tunnel such as stunnel and point redis:// or redis+unix:// at it");
  if (text.starts_with(kSentinelScheme))
    return fail(
        "redis+sentinel:// is not supported: the hiredis library of this build is too old for it; "
        "point redis:// at a name or proxy that follows the master, such as HAProxy");
  return fail("not a Redis URL: write redis://HOST[:PORT][/DB] or redis+unix:///PATH");
}

std::string masked(const RedisUrl& url) {
  std::string login;
  if (!url.password.empty())
    login = percent_encode(url.user, kSpecialInUser) + ":***@";
  else if (!url.user.empty())
    login = percent_encode(url.user, kSpecialInUser) + "@";
  if (!url.unix_path.empty()) {
    const std::string db = url.db == 0 ? std::string() : "?db=" + std::to_string(url.db);
    return std::string(kUnixScheme) + login + percent_encode(url.unix_path, kSpecialInPath) + db;
  }
  const bool v6 = url.host.find(':') != std::string::npos;
  std::string out = std::string(kTcpScheme) + login;
  out += v6 ? "[" + url.host + "]" : url.host;
  out += ":" + std::to_string(url.port);
  if (url.db != 0) out += "/" + std::to_string(url.db);
  return out;
}

}  // namespace sse::redis
