#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::net {

/// Where to listen: a TCP address or a unix socket.
struct ListenAddress {
  sockaddr_storage address{};
  socklen_t length = 0;
  std::string unix_path;  ///< empty for TCP

  bool is_unix() const noexcept { return !unix_path.empty(); }
  /// Only this machine can reach it: loopback or a unix socket.
  bool is_local() const noexcept;
  /// "http://127.0.0.1:8080" or "unix:/run/sse.sock".
  std::string url() const;
};

/// Reads `HOST:PORT`, `[V6]:PORT`, `:PORT` (all interfaces), `PORT` (127.0.0.1) or `unix:PATH`.
/// Host names are resolved.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// What a listening socket passes on to every connection it accepts.
struct SocketOptions {
  int backlog = 4096;
  int unsent_bytes_max = 0;  ///< TCP_NOTSENT_LOWAT; 0: the system's
};

/// A bound, listening, non-blocking socket. With port 0 the chosen port is written back into
/// `address`. `shared`: let further sockets of this process bind the same TCP address
/// (SO_REUSEPORT); an address another process uses is refused all the same. A unix socket nobody
/// answers on is replaced.
Result<Fd> listen_on(ListenAddress& address, const SocketOptions& options, bool shared, bool first);

/// The peer's address for people: "127.0.0.1:4711", "[::1]:4711" or "unix".
std::string peer_name(int fd);

}  // namespace sse::net
