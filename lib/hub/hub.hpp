#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include <sse/encoder.hpp>

#include "hub/channel.hpp"
#include "hub/event_id.hpp"
#include "hub/forgotten.hpp"

namespace sse::hub {

struct HubOptions {
  std::string epoch;  ///< see is_epoch(); names this hub's life
  LogLimits limits;
  std::size_t channels_max = 100'000;
  /// Whether a channel that was forgotten and is opened again tells a resume of a gap. Not where
  /// somebody says with begin_after() what each channel has missed.
  bool remember_forgotten = true;
};

/// With what comes from now on. If every channel has ended nothing will come, so then with all that
/// is held.
struct StartLive {};
/// Strictly after the event of this id (Last-Event-ID, verbatim); an empty id is no position and
/// means StartLive.
struct StartAfterId {
  std::string id;
};
/// With all that is held.
struct StartEarliest {};
/// With the last `count` events over all channels of the connection.
struct StartLast {
  std::size_t count = 0;
};
/// With the first event of that time (wall clock) or later.
struct StartSince {
  std::uint64_t time_ms = 0;
  std::string requested;  ///< as the client spelled it, for Gap::requested
};
using StartPoint = std::variant<StartLive, StartAfterId, StartEarliest, StartLast, StartSince>;

enum class GapReason {
  evicted,       ///< the events were held once
  epoch,         ///< the id is of another life of the counter; all that is held follows
  unknown,       ///< never an id of this hub, or no longer known; all that is held follows
  disconnected,  ///< the server was cut off from where events come from
  oversized,     ///< an event was longer than this server takes
  invalid,       ///< what came cannot be sent as an event: it is not UTF-8, say
};
std::string_view to_string(GapReason reason) noexcept;

/// What a stream asked for and cannot get: told to it in band before anything else.
struct Gap {
  std::string requested;                ///< the id or time asked for, verbatim
  std::string oldest;                   ///< id of the first event that follows; empty if none does
  std::optional<std::uint64_t> missed;  ///< events not delivered; nullopt when unknown
  GapReason reason = GapReason::evicted;
};

/// Where a stream starts: one offset for each channel asked for, in the order given. An offset may
/// be evicted before it is read: compare it with LogView::begin() after the next refresh().
struct Start {
  std::vector<std::uint64_t> offsets;
  /// The number to prime the client with: it has seen (or was told it missed) everything on these
  /// channels up to here. The number asked for if there is no gap; else the one just before the
  /// first event that follows, or the hub's newest if none does.
  Seq position = 0;
  std::string epoch;  ///< of that number
  std::optional<Gap> gap;
  /// The client presented an id, every channel has ended and nothing is left to read: answer 204.
  /// Never for a client without an id: it has to learn a position first.
  bool ended = false;
};

struct Published {
  std::string id;  ///< as sent: the hub's or the publisher's own
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

  std::string epoch() const;

  /// The channel of that name, created if need be; null when channels_max are in use. If they are
  /// there but not in use (no reference, no listener), those without events for longest are
  /// forgotten, history and all; a later resume is told of the gap.
  /// Precondition: is_channel_name(name).
  std::shared_ptr<Channel> open(std::string_view name);
  /// The channel if it exists.
  std::shared_ptr<Channel> find(std::string_view name) const;

  /// Appends one event: encoded once, numbered, told to the channel's listeners. Without
  /// `fields.id` the event gets `id: <epoch>-<seq>`; with one it is sent unchanged (an empty id is
  /// sent unchanged too and cannot be resumed from). An id that reads like one of this hub's own is
  /// taken for that on a resume. Precondition: validate(fields) == nullopt.
  Published publish(Channel& channel, const EventFields& fields, std::uint64_t now_ms);
  /// Several events of one channel at once: consecutive numbers, listeners told once. What of it
  /// exceeds LogLimits (history and lag) is lost to streams: see await_room().
  std::vector<Published> publish(Channel& channel, std::span<const EventFields> events,
                                 std::uint64_t now_ms);

  // Of a hub whose events come from elsewhere, with or without a number.

  /// Says what existed of a channel before its first put(): events up to this number, the newest of
  /// which is of that time or older. Only before the first put().
  void begin_after(Channel& channel, Seq seq, std::uint64_t time_ms);
  /// Appends an event that has a number: above that of every earlier one of the channel. `complete`
  /// says what advance() does, of this number; else streams on several channels get the event after
  /// an advance() to its number or beyond.
  void put(Channel& channel, Seq seq, const EventFields& fields, std::uint64_t time_ms,
           bool complete);
  /// Appends an event that has none: streams get it without an id, and no resume sees it again
  /// for sure.
  void put_unnumbered(Channel& channel, const EventFields& fields, std::uint64_t time_ms);
  /// Every event up to this number on these channels (all that have listeners) has been put.
  void advance(Seq seq, std::span<const std::shared_ptr<Channel>> channels);
  /// The numbers begin again, under another epoch: all channels are ended and forgotten, so that
  /// their streams get what is left, end, and come back to new ones.
  void renew(std::string epoch);
  /// Forgets a channel that only the caller and the hub refer to; false if somebody else does.
  bool retire(const std::shared_ptr<Channel>& channel);

  /// Whether more may be published without evicting past a stream that reads well. If not, the
  /// listener is told once when it may. Publishing in spite of it is allowed, and may cost such
  /// streams events. `listener` must live until then or until forget_room().
  bool await_room(Channel& channel, RoomListener& listener);
  void forget_room(Channel& channel, RoomListener& listener);
  /// For a ChannelListener whose reached() has grown while Channel::is_awaited().
  void made_room(Channel& channel);

  /// Marks a channel ended (its source is done) and tells the listeners; publishing to it again
  /// lifts the mark.
  void end(Channel& channel);
  /// Takes no lock. Ask before a LogView::refresh(): if true, the view then holds the last event,
  /// the other way round it may not.
  bool ended(const Channel& channel) const;

  /// Where a stream on these channels starts. Atomic with respect to publish(). Publishers' own ids
  /// are looked up in every one of the channels; of events of one channel with the same id the
  /// latest counts, of several channels the earliest of these, so that nothing is lost.
  Start start(std::span<const std::shared_ptr<Channel>> channels, const StartPoint& from) const;
  /// The number of the newest event of the hub.
  Seq position() const;

  /// From now on the listener, which must outlive that, is told of the channel's events; twice is
  /// once. After unlisten() it is told nothing more.
  void listen(Channel& channel, ChannelListener& listener);
  void unlisten(Channel& channel, ChannelListener& listener);

  /// Evicts by age everywhere and forgets channels nobody uses (no reference, no listener) whose
  /// history is empty. What was forgotten still counts as a gap for a later resume. Takes the lock
  /// for a few channels at a time. Call about once a second.
  void sweep(std::uint64_t now_ms);

  /// A snapshot of all channels, for statistics.
  std::vector<std::shared_ptr<Channel>> channels() const { return census().channels; }
  struct Census {
    std::vector<std::shared_ptr<Channel>> channels;
    std::uint64_t forgotten_events = 0;  ///< appended to channels that are no longer among them
  };
  Census census() const;

 private:
  using Channels = std::span<const std::shared_ptr<Channel>>;
  struct Resume;

  /// Appends the body of the block as the log stores it.
  static void encode_body(const EventFields& fields, std::string& out);
  Published append(Channel& channel, const EventFields& fields, std::string_view body,
                   std::uint64_t now_ms);
  bool sweep_some(std::size_t& next, std::uint64_t now_ms);
  void append_block(Channel& channel, Seq seq, const EventFields& fields, std::string_view id,
                    std::string_view body, std::uint64_t now_ms);
  bool is_unused(std::size_t index) const;
  bool is_forgettable(std::size_t index) const;
  bool forget_idlest();
  void forget(std::size_t index);

  // Where a stream starts (start.cpp). The lock is held.
  Start start_at(Channels channels, const StartLive& from) const;
  Start start_at(Channels channels, const StartAfterId& from) const;
  Start start_at(Channels channels, const StartEarliest& from) const;
  Start start_at(Channels channels, const StartLast& from) const;
  Start start_at(Channels channels, const StartSince& from) const;
  Resume resume_after(Channels channels, Seq seq) const;
  Resume resume_earliest(Channels channels) const;
  Start without_gap(Resume resume) const;
  Start with_gap(Resume resume, std::string requested, GapReason reason) const;
  bool all_read(Channels channels, std::span<const std::uint64_t> offsets) const;
  std::optional<Seq> find_id(Channels channels, std::string_view id) const;
  std::string id_of(const Channel& channel, Seq seq) const;

  const HubOptions options_;
  mutable std::mutex mutex_;
  // All below is guarded by mutex_.
  std::string epoch_;
  Seq position_ = 0;
  std::vector<std::shared_ptr<Channel>> channels_;
  std::unordered_map<std::string_view, std::size_t> index_;  ///< name (the channel's) -> its place
  Forgotten forgotten_;
  std::uint64_t forgotten_events_ = 0;
};

}  // namespace sse::hub
