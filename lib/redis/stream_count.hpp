#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "redis/connection.hpp"
#include "redis/hub_keys.hpp"
#include "redis/redis_url.hpp"

namespace sse::redis {

struct StreamCountOptions {
  RedisUrl url;
  HubKeys keys;
  ConnectionOptions connection = {};
  std::chrono::milliseconds time_max{2'000};  ///< for the answers to come
  /// Where nobody knows how many answers to expect: so many streams end the wait.
  std::uint64_t enough = 0;
};

/// What the nodes answered.
struct StreamCount {
  std::uint64_t streams = 0;
  std::size_t nodes = 0;                ///< that answered in time
  std::optional<std::size_t> expected;  ///< nodes that were asked; nullopt: in a cluster, where
                                        ///< Redis counts only those on the same member
};

/// Asks all nodes how many streams the channel has now (docs/redis.md), over connections of its
/// own. Error: Redis cannot be reached or does not allow it, or the wait was interrupted.
Result<StreamCount> count_streams(const StreamCountOptions& options, std::string_view channel);

}  // namespace sse::redis
