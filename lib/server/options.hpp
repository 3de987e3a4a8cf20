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

namespace sse::server {

/// What happens to a stream whose cursor was overrun by eviction.
enum class SlowPolicy {
  disconnect,  ///< close it: it reconnects and resumes, with a gap event if need be
  skip,        ///< tell it in band (gap event) and go on with the oldest event held
};

/// Everything a server needs to know. Plain data; the defaults are the documented ones.
struct Options {
  std::vector<net::ListenAddress> listen;
  net::SocketOptions sockets;
  unsigned workers = 1;

  hub::HubOptions hub;
  hub::StartPoint start = hub::StartLive{};  ///< for clients that bring no position

  std::uint64_t heartbeat_ms = 15'000;  ///< longest silence on a stream; 0: none
  std::uint64_t retry_ms = 3'000;       ///< reconnection time told to clients, +-25 % each
  SlowPolicy slow = SlowPolicy::disconnect;
  std::uint64_t drain_ms = 5'000;  ///< for open streams to take what is left at shutdown

  http::RequestLimits request;
  std::uint64_t head_ms = 10'000;   ///< for a request's head to arrive
  std::uint64_t body_ms = 30'000;   ///< for its body
  std::uint64_t idle_ms = 60'000;   ///< between requests of a connection
  std::size_t connections_max = 0;  ///< per process; 0: what the file limit allows
  std::size_t channels_per_stream_max = 64;
  std::size_t turn_bytes_max = 256u << 10;  ///< to one stream in one loop turn

  std::string base_path;  ///< "" or "/events", no slash at the end
  http::CorsPolicy cors;
  std::string publish_token;  ///< empty: only local listeners take POSTs
};

}  // namespace sse::server
