#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::net {

/// Whether a listener speaks TLS.
enum class ListenTls {
  unstated,  ///< as the server does elsewhere
  off,
  on,
};

/// Where to listen: a TCP address or a unix socket.
struct ListenAddress {
  sockaddr_storage address{};
  socklen_t length = 0;
  std::string unix_path;  ///< empty for TCP
  std::string host;       ///< as written, without brackets; empty for all interfaces
  /// A host may have several addresses: which of how many this is.
  unsigned index = 0;
  unsigned count = 1;
  ListenTls tls = ListenTls::unstated;

  bool is_unix() const noexcept { return !unix_path.empty(); }
  /// Only this machine can reach it: loopback or a unix socket.
  bool is_local() const noexcept;
  /// "http://127.0.0.1:8080", "https://..." where TLS is on, or "unix:/run/sse.sock".
  std::string url() const;
  /// Of a TCP address; 0 for a unix socket.
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
};

/// Reads `HOST:PORT`, `[V6]:PORT`, `:PORT` (all interfaces), `PORT` (127.0.0.1) or `unix:PATH`.
/// `http://` before it turns TLS off, `https://` on; a unix socket has none. Host names are
/// resolved, to every address of theirs this machine has; `localhost` is both loopback addresses
/// whatever the resolver says.
Result<std::vector<ListenAddress>> parse_listen_address(std::string_view text);

/// What a listening socket passes on to every connection it accepts.
struct SocketOptions {
  int backlog = 4096;
  int unsent_bytes_max = 0;   ///< TCP_NOTSENT_LOWAT; 0: the system's
  int send_buffer_bytes = 0;  ///< SO_SNDBUF; 0: the system's, which grows
  int user_timeout_ms = 0;    ///< TCP_USER_TIMEOUT; 0: the system's
  int keepalive_s =
      0;  ///< idle time before a keep-alive probe, and a third of it between them; 0: none
};

/// A bound, listening, non-blocking socket. With port 0 the chosen port is written back into
/// `address`. `shared`: let further sockets of this process bind the same TCP address
/// (SO_REUSEPORT); an address another process uses is refused all the same. A unix socket nobody
/// answers on is replaced. Never waits.
Result<Fd> listen_on(ListenAddress& address, const SocketOptions& options, bool shared, bool first);

/// The peer's address for people: "127.0.0.1:4711", "[::1]:4711" or "unix".
std::string peer_name(int fd);

}  // namespace sse::net
