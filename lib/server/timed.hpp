#pragma once

#include <cstddef>
#include <cstdint>

namespace sse::server {

/// What a worker keeps in its lists: something with a deadline, that ends with the server. Freed by
/// the worker at the end of the turn in which it was buried.
class Timed {
 public:
  virtual ~Timed() = default;

  std::uint64_t deadline_ms = 0;
  std::size_t list_index = 0;  ///< in the worker's list it is on; it is on one at most

  /// The deadline passed. What stays on the list sets another one.
  virtual void timed_out() = 0;
  /// The server takes nothing new: closes if nothing is owed to the peer.
  virtual void drain() = 0;
  /// Closes at once, whatever is under way.
  virtual void abort() noexcept = 0;
};

}  // namespace sse::server
