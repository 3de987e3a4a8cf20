#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "redis/connection.hpp"

namespace sse::redis {

/// How far a publisher came.
struct PublishReport {
  enum class End {
    done,           ///< every message has its reply
    not_connected,  ///< nothing was sent
    refused,        ///< the server refused the login or a message
    not_now,        ///< the rest was not taken, and the same another time may be
    lost,           ///< the connection failed with replies outstanding
    interrupted,
  };
  End end = End::done;
  std::size_t sent = 0;      ///< messages on their way at the end or answered
  std::size_t accepted = 0;  ///< messages the server took
  std::size_t refused = 0;   ///< messages the server answered with an error
  std::string reason;        ///< of the first failure
  /// For each answered message, in order: how many Redis clients (nodes, not end users) it reached;
  /// -1: refused.
  std::vector<long long> nodes;

  std::size_t answered() const noexcept { return accepted + refused; }
  /// The first failure is the one to tell.
  void note(End failure, std::string why);
};

/// Opens the connection unless it is open and alive. `end` is done, not_connected, refused or
/// interrupted.
PublishReport open_if_closed(std::optional<Connection>& connection, const RedisUrl& url,
                             const ConnectionOptions& options);

}  // namespace sse::redis
