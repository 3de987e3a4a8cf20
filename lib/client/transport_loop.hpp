#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/transport.hpp"

namespace sse::client {

class CurlTransport;

enum class HttpVersion {
  automatic,              ///< HTTP/2 where a TLS server agrees (ALPN), else HTTP/1.1
  http1_1,                ///< HTTP/1.1 only
  http2,                  ///< the same as automatic, and without TLS by Upgrade
  http2_prior_knowledge,  ///< HTTP/2 without asking, also without TLS
};

enum class IpVersion { any, v4, v6 };

/// How the requests of a transport connect.
struct ConnectionOptions {
  std::string user_agent;
  std::chrono::milliseconds connect_timeout{10'000};
  bool insecure = false;                   ///< accept any certificate
  std::optional<std::string> ca_file;      ///< PEM file instead of the system's certificates
  std::optional<std::string> unix_socket;  ///< connect to this socket, whatever the URL's host
  std::optional<std::string> cert_file;    ///< the client's certificate, PEM
  std::optional<std::string> key_file;     ///< its key, PEM; nullopt: it is in cert_file
  std::optional<std::string> proxy;        ///< instead of those of the environment; empty: none
  std::optional<std::string> no_proxy;     ///< hosts that need none, separated by commas
  std::vector<std::string> resolve;        ///< "HOST:PORT:ADDRESS", as libcurl has it
  std::vector<std::string> connect_to;     ///< "HOST1:PORT1:HOST2:PORT2", as libcurl has it
  HttpVersion http_version = HttpVersion::automatic;
  IpVersion ip_version = IpVersion::any;  ///< of the addresses a name is resolved to
  std::optional<std::string> user;        ///< "USER:PASSWORD" for Authorization: Basic
  bool netrc = false;                     ///< take user and password from ~/.netrc
  std::optional<std::string> netrc_file;  ///< the same from this file
  bool compressed = false;                ///< accept what libcurl can decompress
};

/// A file descriptor to watch besides the transfers; POLLERR and POLLHUP are always watched.
struct WatchedFd {
  int fd;
  bool readable = false;
  bool writable = false;
};

/// Drives any number of transports in one thread: libcurl's multi interface, with its connection
/// cache and its multiplexing: the transfers to one HTTP/2 server over TLS share a connection.
class TransportLoop {
 public:
  TransportLoop();
  ~TransportLoop();  ///< Precondition: all its transports are destroyed.
  TransportLoop(const TransportLoop&) = delete;
  TransportLoop& operator=(const TransportLoop&) = delete;

  /// A transport over HTTP and HTTPS, redirects included; must not outlive the loop.
  std::unique_ptr<Transport> make_transport(ConnectionOptions options);

  /// Moves all transfers on as far as they go without waiting, and calls their listeners.
  void perform();
  /// Waits until a transfer or a watched descriptor has something to do, at most `timeout`.
  void wait(std::span<const WatchedFd> watched, std::chrono::milliseconds timeout);

 private:
  friend class CurlTransport;
  void report_ends();
  void drop_cancelled();

  void* multi_;  // CURLM
  bool performing_ = false;
  std::vector<CurlTransport*> cancelled_;
};

}  // namespace sse::client
