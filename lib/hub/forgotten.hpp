#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "hub/event_log.hpp"
#include "hub/ring.hpp"

namespace sse::hub {

/// The last event of each channel the hub forgot, so that a channel created again under the same
/// name knows that it once held events. Remembers `names_max` names (by hash: a collision can only
/// report a gap too many); for older ones there is a floor that counts for every name.
class Forgotten {
 public:
  explicit Forgotten(std::size_t names_max) noexcept : names_max_(names_max) {}

  using Last = EventLog::Last;

  void remember(std::string_view name, Last last);
  /// The last event that a channel of this name may have had (number 0: none); forgets the name.
  Last take(std::string_view name);

 private:
  static std::size_t key(std::string_view name) noexcept {
    return std::hash<std::string_view>{}(name);
  }
  void drop_oldest() noexcept;
  static void raise(Last& last, const Last& other) noexcept;

  struct Entry {
    std::size_t key = 0;
    Seq seq = 0;
  };

  std::size_t names_max_;
  std::unordered_map<std::size_t, Last> names_;
  Ring<Entry> order_;  ///< oldest first; entries that names_ no longer agrees with are stale
  Last floor_;
};

}  // namespace sse::hub
