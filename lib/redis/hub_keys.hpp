#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse::redis {

/// The names a hub uses in Redis (docs/redis.md). All keys share one hash tag, so that a cluster
/// keeps them together and a script may use several. Immutable.
class HubKeys {
 public:
  /// Error: the prefix holds a brace.
  static Result<HubKeys> make(std::string_view prefix);

  /// Where live events of a channel are published.
  std::string topic(std::string_view channel) const { return prefix_ + std::string(channel); }
  /// The channel of a topic; the topic must begin with the prefix.
  std::string_view channel_of(std::string_view topic) const noexcept {
    return topic.substr(prefix_.size());
  }

  std::string meta() const { return hub_ + ":meta"; }
  std::string channel(std::string_view name) const { return hub_ + ":c:" + std::string(name); }
  std::string stream(std::string_view name) const { return hub_ + ":s:" + std::string(name); }
  std::string producer(std::string_view key) const { return hub_ + ":p:" + std::string(key); }
  /// The topic every node listens to, whatever channels it has.
  std::string nodes() const { return hub_ + ":nodes"; }
  /// The beginning of every topic on which nodes answer questions.
  std::string answers() const { return hub_ + ":answer:"; }

 private:
  explicit HubKeys(std::string_view prefix);

  std::string prefix_;
  std::string hub_;
};

}  // namespace sse::redis
