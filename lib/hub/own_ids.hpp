#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hub/event_id.hpp"
#include "hub/ring.hpp"

namespace sse::hub {

/// The ids that publishers set themselves on the events a channel retains.
class OwnIds {
 public:
  /// The event `seq` (above every earlier one) carries this id; of equal ids the latest counts.
  void add(Seq seq, std::string_view id);
  /// Lets go of the ids of events up to and including `seq`.
  void drop_up_to(Seq seq);

  /// The number of the latest event with this id; 0 if none is retained.
  Seq find(std::string_view id) const;
  /// The id of the event; null if it has none of its own.
  const std::string* id_of(Seq seq) const noexcept;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Entry {
    Seq seq = 0;
    const std::string* id = nullptr;  ///< the key in latest_
  };

  std::unordered_map<std::string, Seq, Hash, std::equal_to<>> latest_;
  Ring<Entry> entries_;  ///< by number
};

}  // namespace sse::hub
