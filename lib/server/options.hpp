#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/cors.hpp"
#include "http/request_parser.hpp"
#include "hub/hub.hpp"
#include "net/address.hpp"
#include "net/tls_context.hpp"
#include "redis/node.hpp"

namespace sse::server {

/// What happens to a stream whose cursor was overrun by eviction.
enum class SlowPolicy {
  disconnect,  ///< close it: it reconnects and resumes, with a gap event if need be
  skip,        ///< tell it in band (gap event) and go on with the oldest event held
};

/// How events are sent to streams.
enum class Io {
  automatic,  ///< as measured best where it is available
  uring,      ///< in batches on io_uring
  send,       ///< a system call for each
};

/// HTTP/2, on TLS and in clear, and what one connection may cost. Beyond streams_max a stream is
/// refused, beyond the others the connection is ended (ENHANCE_YOUR_CALM).
struct Http2Options {
  bool enabled = true;
  std::uint32_t streams_max = 256;          ///< open at once (SETTINGS_MAX_CONCURRENT_STREAMS)
  std::uint32_t control_frames_max = 1000;  ///< a second that bring neither a request nor a body
  std::size_t continuations_max = 8;        ///< CONTINUATION frames of one header block
};

/// Everything a server needs to know. Plain data; the defaults are the documented ones.
struct Options {
  std::vector<net::ListenAddress> listen;  ///< each says whether it speaks TLS
  std::optional<net::TlsOptions> tls;      ///< for those that speak it; nullopt: none does
  net::SocketOptions sockets;
  unsigned workers = 1;
  std::vector<int> cpus;  ///< worker i runs on the i-th, in turn; empty: anywhere
  Io io = Io::automatic;

  hub::HubOptions hub;
  hub::StartPoint start = hub::StartLive{};  ///< for clients that bring no position

  std::uint64_t heartbeat_ms = 15'000;  ///< longest silence on a stream; 0: none
  std::uint64_t retry_ms = 3'000;       ///< reconnection time told to clients, +-25 % each
  SlowPolicy slow = SlowPolicy::disconnect;
  std::uint64_t drain_ms = 5'000;  ///< for open streams to take what is left at shutdown

  http::RequestLimits request;
  Http2Options http2;
  std::size_t bodies_bytes_max = 64u << 20;  ///< of all requests under way
  std::uint64_t head_ms = 10'000;            ///< for a request's head to arrive
  std::uint64_t body_ms = 30'000;            ///< for its body
  std::uint64_t idle_ms = 60'000;            ///< between requests of a connection
  std::uint64_t linger_ms = 2'000;           ///< for the peer to read the last answer
  std::size_t connections_max = 0;           ///< per process; 0: what the file limit allows
  std::size_t memory_max = 0;  ///< resident bytes above which no connection is taken; 0: no bound
  std::size_t admin_connections_max = 16;  ///< above that, for pages under /-/
  /// Descriptors connections never take: for whatever else the process needs to open, beyond what
  /// its sources are known to.
  std::size_t descriptors_reserved = 64;
  std::size_t channels_per_stream_max = 64;
  std::size_t turn_bytes_max = 256u << 10;  ///< to one stream in one loop turn
  /// Publishers are held while half of a channel's streams are further behind than this ...
  std::size_t flood_bytes_max = 64u << 10;
  std::uint64_t flood_wait_ms = 1'000;  ///< ... unless for longer than this; 0: never held for it

  std::optional<redis::NodeOptions> redis;         ///< nullopt: this server is alone
  std::uint64_t patience_ms = 1'000;               ///< for Redis, before a stream's head goes out
  std::size_t producers_max = 100'000;             ///< idempotency keys remembered ...
  std::uint64_t producer_ttl_ms = 24 * 3'600'000;  ///< ... for so long

  bool inspector = true;  ///< the page at /-/, and for browsers that go to a channel
  std::string base_path;  ///< "" or "/events", no slash at the end
  http::CorsPolicy cors;
  /// Who has it may publish and see what is for the operator; empty: whoever reaches a local
  /// listener.
  std::string publish_token;
  /// Request header by which a proxy in front tells who the client is; empty: nobody is told.
  std::string user_header;
  /// Names of this server, beside those of every local one; their ports do not matter.
  std::vector<http::HostPattern> hosts;
};

}  // namespace sse::server
