#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hub/event_log.hpp"
#include "hub/own_ids.hpp"

namespace sse::hub {

/// Whether the text may name a channel: 1 to 200 of letters, digits and `. _ - : / ~ @`, not
/// starting with `-`.
bool is_channel_name(std::string_view name) noexcept;
/// Whether it names a user's personal channel (`@NAME`).
bool is_personal(std::string_view name) noexcept;

/// Told when a channel's log grew. Called on the publishing thread under the hub's lock: mark,
/// wake, return; call nothing of the hub.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;
  virtual void appended() noexcept = 0;
  /// The offset up to which every stream has been served that publishers should wait for; may lag
  /// behind the truth, except while somebody waits for room. Any thread.
  virtual std::uint64_t reached() const noexcept { return UINT64_MAX; }
  /// Events come faster than most streams can take them: publishers should wait in any case.
  virtual bool is_flooded() const noexcept { return false; }
};

/// Told once when a channel that had no room for further events has some. Called under the hub's
/// lock on any thread: mark, wake, return.
class RoomListener {
 public:
  virtual ~RoomListener() = default;
  virtual void room() noexcept = 0;
};

/// A named log and who listens to it. Created by Hub; shared because streams on any thread may be
/// the last to let go of it.
class Channel {
 public:
  Channel(std::string name, const LogLimits& limits);

  const std::string& name() const noexcept;
  const EventLog& log() const noexcept;

  /// Streams on this channel in this process, all threads; kept by the threads that own them.
  std::atomic<std::size_t> streams{0};
  /// How many of them have more to get than one turn could give them.
  std::atomic<std::size_t> lagging{0};

  /// Where events come from elsewhere: that they come, and none is missing. Kept by who puts them.
  std::atomic<bool> fed{false};

  /// Somebody waits for streams to catch up: see Hub::await_room(). Any thread.
  bool is_awaited() const noexcept { return awaited_.load(std::memory_order_acquire); }

 private:
  friend class Hub;

  void append(Seq seq, std::uint64_t now_ms, std::span<const std::string_view> parts);
  void remember_own_id(Seq seq, std::string_view id);
  /// Evicts by age, and the ids of what is gone.
  void evict(std::uint64_t now_ms);
  void drop_evicted_ids();
  /// The number of the latest event retained that carries this id of its publisher; 0 if none.
  Seq find_own_id(std::string_view id) const;
  /// The event's id of its publisher; null if it has none (or an empty one).
  const std::string* own_id_of(Seq seq) const noexcept;
  void notify() const noexcept;
  bool has_room() const;
  void release_waiting() noexcept;

  const std::string name_;
  EventLog log_;
  // Guarded by the hub's lock, as is everything that changes the log:
  std::unique_ptr<OwnIds> own_ids_;  ///< from the first event with such an id on
  std::vector<ChannelListener*> listeners_;
  std::vector<RoomListener*> waiting_;
  std::atomic<bool> awaited_{false};  ///< waiting_ is not empty; changed under the lock
  std::atomic<bool> ended_{false};    ///< changed under the lock, read anywhere
};

}  // namespace sse::hub
