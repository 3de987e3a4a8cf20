#include "sse-bench/target.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <charconv>
#include <cstdint>
#include <cstring>

namespace sse::bench {
namespace {

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0;
}

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c == 0x7f) return false;
  return true;
}

// Splits "HOST[:PORT]" or "[V6][:PORT]" into url.host and url.port.
bool split_authority(std::string_view authority, HttpUrl& url) {
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    url.host = authority.substr(1, bracket - 1);
    host_end = bracket + 1 < authority.size() ? bracket + 1 : std::string_view::npos;
    if (host_end != std::string_view::npos && authority[host_end] != ':') return false;
  } else {
    url.host = authority.substr(0, host_end);
  }
  if (host_end == std::string_view::npos)
    url.port = url.tls ? "443" : "80";
  else
    url.port = authority.substr(host_end + 1);
  return !url.host.empty() && is_port(url.port);
}

Result<Endpoint> look_up(const char* host, const char* port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  if (const int status = ::getaddrinfo(host, port, &hints, &found); status != 0)
    return fail(::gai_strerror(status));
  Endpoint out;
  std::memcpy(&out.address, found->ai_addr, found->ai_addrlen);
  out.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return out;
}

}  // namespace

bool Endpoint::is_loopback_v4() const noexcept {
  if (address.ss_family != AF_INET) return false;
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
  return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  constexpr std::string_view kClear = "http://";
  constexpr std::string_view kTls = "https://";
  const std::string quoted = "'" + std::string(text) + "'";
  HttpUrl url;
  url.tls = text.starts_with(kTls);
  if (!(url.tls || text.starts_with(kClear)) || !is_plain(text))
    return fail(quoted + " is not a URL like http://HOST:PORT/CHANNEL");
  url.text = text;
  std::string_view rest = text.substr((url.tls ? kTls : kClear).size());
  rest = rest.substr(0, rest.find('#'));
  const std::size_t path_at = std::min(rest.find_first_of("/?"), rest.size());
  url.authority = rest.substr(0, path_at);
  url.path = rest.substr(path_at);
  if (!url.path.starts_with('/')) url.path.insert(0, "/");
  if (url.authority.find('@') != std::string::npos)
    return fail(quoted + ": give credentials by -H or --token-file, not in the URL");
  if (!split_authority(url.authority, url)) return fail(quoted + " has no valid host and port");
  return url;
}

Result<Endpoint> resolve(const HttpUrl& url) {
  auto found = look_up(url.host.c_str(), url.port.c_str(), AI_ADDRCONFIG);
  if (!found) found = look_up(url.host.c_str(), url.port.c_str(), 0);
  if (!found) return fail("cannot resolve '" + url.host + "': " + found.error().message);
  return found;
}

Result<Endpoint> parse_source(const std::string& address) {
  auto found = look_up(address.c_str(), "0", AI_NUMERICHOST);
  if (!found) return fail("'" + address + "' is not an IP address");
  return found;
}

std::vector<Endpoint> loopback_sources(std::size_t count) {
  std::vector<Endpoint> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out[i].address);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + static_cast<std::uint32_t>(i));
    out[i].length = sizeof *v4;
  }
  return out;
}

}  // namespace sse::bench
