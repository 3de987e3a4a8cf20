#include "net/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>

namespace sse::net {
namespace {

std::string errno_text() { return std::strerror(errno); }

using Addresses = std::vector<ListenAddress>;

Result<Addresses> unix_address(std::string_view path) {
  ListenAddress out;
  auto* address = reinterpret_cast<sockaddr_un*>(&out.address);
  if (path.empty() || path.size() >= sizeof address->sun_path)
    return fail("unix socket path must have 1 to " + std::to_string(sizeof address->sun_path - 1) +
                " bytes");
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, path.data(), path.size());
  out.length = sizeof *address;
  out.unix_path = path;
  out.tls = ListenTls::off;
  return Addresses{out};
}

const sockaddr* generic(const ListenAddress& address) noexcept {
  return reinterpret_cast<const sockaddr*>(&address.address);
}

// An address in /etc/hosts or the DNS need not be one of this machine's, nor its family be there.
bool is_ours(const ListenAddress& any_port) {
  ListenAddress address = any_port;
  address.set_port(0);
  const Fd probe(::socket(address.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe && ::bind(probe.get(), generic(address), address.length) == 0;
}

bool is_same(const ListenAddress& a, const ListenAddress& b) noexcept {
  return a.length == b.length && std::memcmp(&a.address, &b.address, a.length) == 0;
}

// Appends what a host name or a literal (nullptr: every interface) stands for, each address once.
Result<void> look_up(const char* host, const std::string& port, Addresses& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int status = ::getaddrinfo(host, port.c_str(), &hints, &found); status != 0)
    return fail(std::string("cannot resolve '") + host + "': " + ::gai_strerror(status));
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    ListenAddress address;
    std::memcpy(&address.address, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    const auto same = [&](const ListenAddress& other) { return is_same(address, other); };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back(std::move(address));
  }
  ::freeaddrinfo(found);
  return {};
}

Result<Addresses> resolve(const std::string& host, const std::string& port) {
  Addresses out;
  const std::vector<const char*> names =
      host == "localhost" ? std::vector<const char*>{"127.0.0.1", "::1"}
                          : std::vector<const char*>{host.empty() ? nullptr : host.c_str()};
  for (const char* name : names)
    if (auto found = look_up(name, port, out); !found) return tl::unexpected(found.error());
  Addresses ours;
  std::copy_if(out.begin(), out.end(), std::back_inserter(ours), is_ours);
  if (ours.empty()) ours.push_back(out.front());  // listening will say why
  for (unsigned i = 0; i < ours.size(); ++i) {
    ours[i].host = host;
    ours[i].index = i;
    ours[i].count = static_cast<unsigned>(ours.size());
  }
  return ours;
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value <= 65535;
}

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

// A socket file is left behind by a server that died; one that answers is in use, also one whose
// backlog is full and which may not answer for long.
bool is_stale_socket(const ListenAddress& address) {
  struct stat info {};
  if (::stat(address.unix_path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), generic(address), address.length) != 0 && errno == ECONNREFUSED;
}

// Several addresses of a name may be both families' "any": each family then has a socket.
void keep_families_apart(int fd, const ListenAddress& address) {
  if (address.address.ss_family == AF_INET6 && address.count > 1)
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

// With SO_REUSEPORT two servers of one user could share a port unnoticed; without it the second is
// refused. So the first socket of a listener tries the address without it.
Result<void> claim(const ListenAddress& address) {
  const Fd probe(::socket(address.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_option(probe.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  keep_families_apart(probe.get(), address);
  if (::bind(probe.get(), generic(address), address.length) != 0)
    return fail("cannot listen on " + address.url() + ": " + errno_text());
  return {};
}

}  // namespace

bool ListenAddress::is_local() const noexcept {
  if (address.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  if (address.ss_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr);
  return address.ss_family == AF_UNIX;
}

static std::string host_port(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return "unix";
}

std::string ListenAddress::url() const {
  if (is_unix()) return "unix:" + unix_path;
  return (tls == ListenTls::on ? "https://" : "http://") + host_port(address);
}

std::uint16_t ListenAddress::port() const noexcept {
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  return 0;
}

void ListenAddress::set_port(std::uint16_t port) noexcept {
  if (address.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6*>(&address)->sin6_port = htons(port);
  else if (address.ss_family == AF_INET)
    reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port);
}

static Result<Addresses> parse_tcp_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view port = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
  if (!is_port(port)) return fail("'" + std::string(text) + "' is not HOST:PORT or unix:PATH");
  if (colon == std::string_view::npos) return resolve("127.0.0.1", std::string(port));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return fail("'" + std::string(text) + "': write an IPv6 address as [ADDRESS]:PORT");
  return resolve(host == "*" ? std::string("0.0.0.0") : std::string(host), std::string(port));
}

Result<std::vector<ListenAddress>> parse_listen_address(std::string_view text) {
  constexpr std::string_view kClear = "http://";
  constexpr std::string_view kTls = "https://";
  if (text.starts_with("unix:")) return unix_address(text.substr(5));
  const bool off = text.starts_with(kClear);
  const bool on = text.starts_with(kTls);
  auto addresses = parse_tcp_address(text.substr(off ? kClear.size() : on ? kTls.size() : 0));
  if (!addresses || !(off || on)) return addresses;
  for (ListenAddress& address : *addresses) address.tls = on ? ListenTls::on : ListenTls::off;
  return addresses;
}

// What the kernel copies to every socket accepted from this one.
static void set_inherited(int fd, const SocketOptions& options) {
  if (options.unsent_bytes_max > 0)
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, options.unsent_bytes_max);
  if (options.send_buffer_bytes > 0)
    set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
  if (options.user_timeout_ms > 0)
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options.user_timeout_ms);
  if (options.keepalive_s == 0) return;
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.keepalive_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(options.keepalive_s / 3, 1));
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Result<Fd> listen_on(ListenAddress& address, const SocketOptions& options, bool shared,
                     bool first) {
  const std::string name = address.url();
  if (address.is_unix() && is_stale_socket(address)) ::unlink(address.unix_path.c_str());
  if (shared && first && !address.is_unix())
    if (auto claimed = claim(address); !claimed) return tl::unexpected(claimed.error());
  Fd fd(::socket(address.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail("cannot listen on " + name + ": " + errno_text());
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (!address.is_unix()) {
    keep_families_apart(fd.get(), address);
    if (shared) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_inherited(fd.get(), options);
  }
  if (::bind(fd.get(), generic(address), address.length) != 0 ||
      ::listen(fd.get(), options.backlog) != 0)
    return fail("cannot listen on " + name + ": " + errno_text());
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address.address), &address.length);
  return fd;
}

std::string peer_name(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return "unknown";
  return host_port(address);
}

}  // namespace sse::net
