#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sse/encoder.hpp>

#include "hub/channel.hpp"
#include "hub/event_id.hpp"

namespace sse::hub {

struct HubOptions {
  std::string epoch;  ///< see is_epoch(); names this hub's life
  LogLimits limits;
  std::size_t channels_max = 100'000;
};

/// Where a stream wants to start.
struct StartLive {};
struct StartAfterId { std::string id; };              ///< Last-Event-ID, verbatim
struct StartEarliest {};
struct StartLast { std::size_t count = 0; };          ///< per connection, over all its channels
struct StartSince { std::uint64_t time_ms = 0; std::string requested; };  ///< wall clock
using StartPoint = std::variant<StartLive, StartAfterId, StartEarliest, StartLast, StartSince>;

enum class GapReason {
  evicted,  ///< the events were held once
  epoch,    ///< the id is of another life of the counter
  unknown,  ///< never an id of this hub, or no longer known
};
std::string_view to_string(GapReason reason) noexcept;

/// What a stream asked for and cannot get: told to it in band before anything else.
struct Gap {
  std::string requested;                ///< the id or time asked for, verbatim
  std::string oldest;                   ///< id of the first event that follows; empty if none does
  std::optional<std::uint64_t> missed;  ///< events not delivered; nullopt when unknown
  GapReason reason = GapReason::evicted;
};

/// Where a stream starts: one offset for each channel asked for, in the order given.
struct Start {
  std::vector<std::uint64_t> offsets;
  Seq position = 0;  ///< the number to prime the client with: it has seen (or was told it missed)
                     ///< everything on these channels up to here
  std::optional<Gap> gap;
  bool ended = false;  ///< every channel has ended and nothing is left to read: answer 204
};

struct Published {
  std::string id;           ///< as sent: the hub's or the publisher's own
  Seq seq = 0;
  std::size_t streams = 0;  ///< streams on the channel at that moment, in this process
};

/// All channels of a process and the one counter that orders their events.
///
/// Thread-safe. Publishing takes one lock (number, append, notify); resuming takes the same one, so
/// that a start is consistent over several channels. No I/O, no clock: callers pass the time.
class Hub {
 public:
  explicit Hub(HubOptions options);
  ~Hub();

  const std::string& epoch() const noexcept;

  /// The channel of that name, created if need be; null when channels_max are in use.
  /// Precondition: is_channel_name(name).
  std::shared_ptr<Channel> open(std::string_view name);
  /// The channel if it exists.
  std::shared_ptr<Channel> find(std::string_view name) const;

  /// Appends one event: encoded once, numbered, told to the channel's listeners. Without
  /// `fields.id` the event gets `id: <epoch>-<seq>`; with one it is sent unchanged (an empty id is
  /// sent unchanged too and cannot be resumed from). Precondition: validate(fields) == nullopt.
  Published publish(Channel& channel, const EventFields& fields, std::uint64_t now_ms);
  /// Several events of one channel at once: consecutive numbers, listeners told once.
  std::vector<Published> publish(Channel& channel, std::span<const EventFields> events,
                                 std::uint64_t now_ms);

  /// Marks a channel ended (its source is done) and tells the listeners; publishing to it again
  /// lifts the mark.
  void end(Channel& channel);
  bool ended(const Channel& channel) const;

  /// Where a stream on these channels starts. Atomic with respect to publish(). Publishers' own ids
  /// are looked up in every one of the channels.
  Start start(std::span<const std::shared_ptr<Channel>> channels, const StartPoint& from) const;
  /// The number of the newest event of the hub.
  Seq position() const;

  void listen(Channel& channel, ChannelListener& listener);
  void unlisten(Channel& channel, ChannelListener& listener);

  /// Evicts by age everywhere and forgets channels nobody uses that hold nothing. What was
  /// forgotten still counts as a gap for a later resume. Call about once a second.
  void sweep(std::uint64_t now_ms);

  /// A snapshot of all channels, for statistics.
  std::vector<std::shared_ptr<Channel>> channels() const;

 private:
  // (private members: the implementer's)
};

}  // namespace sse::hub
