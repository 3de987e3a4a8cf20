#include "redis/redis_url.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

#include "redis/moved.hpp"

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
Result<RedisAddress> parse_address(std::string_view text, std::uint16_t default_port) {
  RedisAddress out{.host = {}, .port = default_port};
  std::size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return fail("Redis URL: '[' without ']'");
    out.host = std::string(text.substr(1, close - 1));
    if (!holds_nul(out.host) && !is_ipv6(out.host))
      return fail("Redis URL: '" + out.host + "' in [] is not an IPv6 address");
    host_end = close + 1;
  } else {
    out.host = std::string(text.substr(0, host_end));
  }
  if (out.host.empty()) return fail("Redis URL has no host: write redis://HOST[:PORT][/DB]");
  if (holds_nul(out.host)) return fail("Redis URL: there is a NUL in the host");
  if (host_end >= text.size()) return out;
  const auto port = parse_port(text.substr(host_end + 1));
  if (text[host_end] != ':' || !port)
    return fail("Redis URL: '" + std::string(text.substr(host_end)) + "' is not a :PORT");
  out.port = *port;
  return out;
}

// What may follow the login where the rest is an address and a path.
Result<void> check_clear(std::string_view rest) {
  if (rest.find('@') != std::string_view::npos)  // no part of the login may reach a message
    return fail("Redis URL: write a '/' in the user or password as %2F");
  if (rest.find_first_of("?#") != std::string_view::npos)
    return fail("Redis URL: no '?' or '#' is known here; the database goes in the path: /DB");
  return {};
}

Result<RedisUrl> parse_tcp(std::string_view rest) {
  RedisUrl url;
  if (auto login = take_login(rest, url); !login) return tl::unexpected(login.error());
  if (auto clear = check_clear(rest); !clear) return tl::unexpected(clear.error());
  const std::size_t slash = rest.find('/');
  auto address = parse_address(rest.substr(0, slash), kDefaultPort);
  if (!address) return tl::unexpected(address.error());
  url.host = std::move(address->host);
  url.port = address->port;
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return url;
  if (auto db = take_db(rest.substr(slash + 1), url); !db) return tl::unexpected(db.error());
  return url;
}

Result<void> take_sentinels(std::string_view text, RedisUrl& url) {
  while (true) {
    const std::size_t comma = text.find(',');
    auto address = parse_address(text.substr(0, comma), kDefaultSentinelPort);
    if (!address) return tl::unexpected(address.error());
    url.sentinels.push_back(*std::move(address));
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

Result<RedisUrl> parse_sentinel(std::string_view rest) {
  RedisUrl url;
  if (auto login = take_login(rest, url); !login) return tl::unexpected(login.error());
  if (auto clear = check_clear(rest); !clear) return tl::unexpected(clear.error());
  const std::size_t slash = rest.find('/');
  if (auto taken = take_sentinels(rest.substr(0, slash), url); !taken)
    return tl::unexpected(taken.error());
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  const std::size_t end = rest.find('/');
  url.master = std::string(rest.substr(0, end));
  if (url.master.empty() || holds_nul(url.master))
    return fail(
        "Redis URL has no master: write redis+sentinel://HOST[:PORT][,HOST...]/MASTER[/DB]");
  if (end == std::string_view::npos || end + 1 == rest.size()) return url;
  if (auto db = take_db(rest.substr(end + 1), url); !db) return tl::unexpected(db.error());
  return url;
}

// hiredis since 1.0 can do it, if it was built to.
Result<RedisUrl> parse_tls([[maybe_unused]] std::string_view rest) {
#ifdef SSE_HAVE_HIREDIS_SSL
  auto url = parse_tcp(rest);
  if (url) url->tls.emplace();
  return url;
#else
  return fail(
      "rediss:// (Redis over TLS) is not supported: the hiredis library of this build has no "
      "TLS; use a TLS tunnel such as stunnel and point redis:// or redis+unix:// at it");
#endif
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
  if (text.starts_with(kTlsScheme)) return parse_tls(text.substr(kTlsScheme.size()));
  if (text.starts_with(kSentinelScheme)) return parse_sentinel(text.substr(kSentinelScheme.size()));
  return fail("not a Redis URL: write redis://HOST[:PORT][/DB] or redis+unix:///PATH");
}

std::string to_string(const RedisAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string masked(const RedisUrl& url) {
  std::string login;
  if (!url.password.empty())
    login = percent_encode(url.user, kSpecialInUser) + ":***@";
  else if (!url.user.empty())
    login = percent_encode(url.user, kSpecialInUser) + "@";
  const std::string db = url.db == 0 ? std::string() : std::to_string(url.db);
  if (!url.unix_path.empty())
    return std::string(kUnixScheme) + login + percent_encode(url.unix_path, kSpecialInPath) +
           (db.empty() ? db : "?db=" + db);
  std::string place;
  if (url.host.empty()) {
    for (const RedisAddress& one : url.sentinels)
      place += (place.empty() ? "" : ",") + to_string(one);
    place += "/" + url.master;
  } else {
    place = to_string({url.host, url.port});
  }
  const std::string_view scheme = url.host.empty() ? kSentinelScheme
                                  : url.tls        ? kTlsScheme
                                                   : kTcpScheme;
  return std::string(scheme) + login + place + (db.empty() ? db : "/" + db);
}

}  // namespace sse::redis
