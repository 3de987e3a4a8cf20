#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "hub/event_log.hpp"

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

 private:
  friend class Hub;
  // (private members: the implementer's: log, publisher ids -> seq while retained, listeners, ended)
};

}  // namespace sse::hub
