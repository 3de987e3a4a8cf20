#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sse::hub {

/// How far each producer came, so that what it publishes again after a failure is left out: events
/// of a producer are numbered from 1, and the highest number accepted is remembered.
///
/// Thread-safe. Remembers `producers_max` producers, the latest, each for `ttl_ms` after its last
/// event; one that was forgotten may publish twice.
class Producers {
 public:
  Producers(std::size_t producers_max, std::uint64_t ttl_ms)
      : producers_max_(producers_max), ttl_ms_(ttl_ms) {}

  /// How many of the `count` events from number `first` on were accepted before; the rest counts
  /// as accepted from now on.
  std::size_t accept(std::string_view producer, std::uint64_t first, std::size_t count,
                     std::uint64_t now_ms);

 private:
  struct Entry {
    std::string producer;
    std::uint64_t highest = 0;
    std::uint64_t time_ms = 0;
  };
  using Entries = std::list<Entry>;

  void forget_old(std::uint64_t now_ms);
  void forget_last();

  const std::size_t producers_max_;
  const std::uint64_t ttl_ms_;
  std::mutex mutex_;
  Entries entries_;  ///< latest first
  std::unordered_map<std::string_view, Entries::iterator> index_;
};

}  // namespace sse::hub
