#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hub/event_id.hpp"
#include "hub/evicted.hpp"
#include "hub/ring.hpp"

namespace sse::hub {

/// How much of a channel is kept. Whatever limit is hit first evicts.
struct LogLimits {
  std::size_t history_events_max = 1000;
  std::size_t history_bytes_max = 16u << 20;
  std::uint64_t history_age_ms = 0;  ///< 0: no limit
  /// Beyond the history, bytes kept a while longer for streams that lag behind live delivery ...
  std::size_t lag_bytes_max = 8u << 20;
  /// ... and for how long after they left the history (a sixteenth less, at most). They are never
  /// replayed: history is what a resume sees. The newest event does not count and can always be
  /// read.
  std::uint64_t lag_ms = 10'000;
};

/// Bytes of one piece of a log. Filled front to back under the log's lock, never moved; a reader
/// that holds a reference reads what it knew to be filled without a lock. The reference is shared
/// because a slow reader may be the last to need an evicted piece.
struct Segment {
  std::shared_ptr<char[]> bytes;
  std::uint64_t begin = 0;  ///< offset of its first byte; it ends where the next one begins
  std::size_t capacity = 0;
};

/// One event of a log as the index knows it.
struct LogEntry {
  Seq seq = 0;
  std::uint64_t end = 0;      ///< offset just past its last byte
  std::uint64_t time_ms = 0;  ///< when it was appended (wall clock, milliseconds)
};

/// A channel's log of ready-to-send bytes, in memory.
///
/// A position in it is a byte offset that counts from the first byte ever appended; offsets only
/// grow, so a subscriber is one integer. History [history_begin, end) is what a resume may replay;
/// [begin, end) can still be read by streams that were already under way.
///
/// Thread-safe: one lock, held for an append or a LogView::refresh(), never while bytes are read.
class EventLog {
 public:
  explicit EventLog(LogLimits limits);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// Appends one block made of `parts` (contiguous in the log) and evicts what is over the limits.
  /// `seq` must be above every earlier one, or equal to newest(): the event then has no number of
  /// its own, and goes with the one before it. The block ends with a blank line ("\n\n") and holds
  /// no other, as encode() writes it. A clock that goes back counts as one that stands still.
  void append(Seq seq, std::uint64_t now_ms, std::span<const std::string_view> parts);

  /// Evicts by age; call now and then (once a second) for logs that get no events.
  void evict(std::uint64_t now_ms);

  /// Says that events up to `seq` and `time_ms` existed before this log began, how many is not
  /// known: a resume from before them is a gap. Only before the first append().
  void begin_after(Seq seq, std::uint64_t time_ms);

  /// A replay's first byte, and what was missed before it.
  struct Replay {
    std::uint64_t offset = 0;                 ///< where to start reading
    Seq oldest = 0;                           ///< first event from offset on; 0 if there is none
    bool gap = false;                         ///< events after `seq` are no longer held
    std::optional<std::uint64_t> missed = 0;  ///< how many; nullopt when no longer known
  };
  /// Everything held after event `seq`; exact: gap is true if and only if at least one event with a
  /// number above `seq` was evicted from the history.
  Replay after(Seq seq) const;
  /// The last `count` events held.
  Replay last(std::size_t count) const;
  /// Everything held that was appended at `time_ms` or later; gap if such events were evicted.
  Replay since(std::uint64_t time_ms) const;
  /// Everything held; never a gap.
  Replay earliest() const;
  /// The number of the newest event there ever was, also before this log began; 0: none.
  Seq newest() const;
  /// The newest event that left the history.
  struct Last {
    Seq seq = 0;  ///< 0: none did
    std::uint64_t time_ms = 0;
  };
  Last last_evicted() const;
  /// How many events after `seq` are held.
  std::size_t held_after(Seq seq) const;

  /// Appends to `out` the events that begin at or after `offset`, oldest first, at most `max`, with
  /// their ends: for streams that merge several logs by number. Returns where the first begins that
  /// can still be read: beyond `offset` if events from there on were evicted.
  std::uint64_t entries_from(std::uint64_t offset, std::size_t max,
                             std::vector<LogEntry>& out) const;
  /// The number of the last event that ends at or before `offset`; 0 when none is known.
  Seq seq_at(std::uint64_t offset) const;
  /// Whether a stream at `offset` is so far behind the history that the next events appended could
  /// evict past it: a quarter of the lag window or more.
  bool is_pressed(std::uint64_t offset) const;

  /// How far a stream is behind.
  struct Lag {
    std::uint64_t events = 0;          ///< not or not wholly sent, as far as they are held
    std::uint64_t bytes = 0;           ///< from the offset to the end
    std::uint64_t oldest_time_ms = 0;  ///< when the first of these events was appended; 0: none
  };
  Lag lag_at(std::uint64_t offset) const;

  struct Stats {
    std::uint64_t events_appended = 0;
    std::uint64_t bytes_appended = 0;
    std::uint64_t history_events = 0;
    std::uint64_t history_bytes = 0;
    std::uint64_t evicted_events = 0;  ///< gone from the history
    Seq first_seq = 0;                 ///< oldest of the history, 0 if empty
    Seq last_seq = 0;                  ///< newest ever appended, 0 if none
    std::uint64_t last_time_ms = 0;
    std::uint64_t end = 0;           ///< offset past the newest byte
    std::uint64_t memory_bytes = 0;  ///< segments and index, allocated
  };
  Stats stats() const;

 private:
  friend class LogView;

  std::size_t history_size() const noexcept { return entries_.size() - lag_entries_; }
  /// Where the i-th event of the index begins.
  std::uint64_t entry_begin(std::size_t i) const noexcept {
    return i == 0 ? begin_ : entries_[i - 1].end;
  }
  bool is_numbered(std::size_t entry) const noexcept;
  Replay replay_from(std::size_t entry) const noexcept;
  std::size_t first_above(Seq seq) const noexcept;

  char* reserve(std::size_t bytes);
  void evict_all(std::uint64_t now_ms);
  bool history_is_over(std::uint64_t now_ms) const noexcept;
  bool lag_is_over(std::uint64_t now_ms) const noexcept;
  void evict_oldest_of_history(std::uint64_t now_ms);
  void drop_oldest_of_lag() noexcept;

  const LogLimits limits_;
  mutable std::mutex mutex_;
  // All below is guarded by mutex_; the bytes of a segment below end_ never change.
  Ring<Segment> segments_;
  std::uint64_t first_segment_ = 0;  ///< how many segments were dropped before segments_[0]
  Ring<LogEntry> entries_;           ///< [begin_, end_)
  /// When events left the history: those up to `end`, and beyond the one before, at `time_ms` or a
  /// little later. A few for all that are kept for laggards, as a time for each would cost more.
  struct Departure {
    std::uint64_t end = 0;
    std::uint64_t time_ms = 0;
  };
  Ring<Departure> departures_;
  std::size_t lag_entries_ = 0;  ///< how many of them, at the front, left the history
  std::uint64_t begin_ = 0;
  std::uint64_t history_begin_ = 0;
  std::uint64_t end_ = 0;
  Evicted evicted_;
  Seq dropped_seq_ = 0;  ///< of the event that ends at begin_, or existed before
  Seq last_seq_ = 0;
  std::uint64_t last_time_ms_ = 0;
  std::uint64_t events_appended_ = 0;
  std::uint64_t segment_bytes_ = 0;
};

/// One thread's view of a log: a mirror of its segment list, brought up to date once per loop turn
/// under the log's lock and then read without any lock by as many streams as the thread has.
///
/// Not thread-safe. Keeps evicted segments alive until the next refresh(). The log must outlive it.
class LogView {
 public:
  explicit LogView(const EventLog& log);
  ~LogView();
  LogView(const LogView&) = delete;
  LogView& operator=(const LogView&) = delete;

  /// Takes over what was appended and evicted since; true when end() moved. One lock.
  bool refresh();
  /// Oldest offset that can still be read (the start of an event).
  std::uint64_t begin() const noexcept;
  /// Offset past the newest byte.
  std::uint64_t end() const noexcept;
  /// The newest event; 0 if there never was one.
  Seq last_seq() const noexcept { return last_seq_; }

  /// Fills `out` with the bytes [from, min(end(), from + bytes_max)), in order; returns how many
  /// entries were used. Precondition: begin() <= from <= end(). The bytes stay valid until the
  /// next refresh().
  std::size_t gather(std::uint64_t from, std::size_t bytes_max,
                     std::span<iovec> out) const noexcept;

  /// The rest of a frame that a full socket cut.
  struct Cut {
    std::shared_ptr<const void> owner;  ///< keeps `bytes` valid, beyond any refresh()
    std::string_view bytes;
  };
  /// What is left of the event that `from` lies in; empty when `from` is where an event begins.
  /// Precondition: begin() <= from <= end().
  Cut cut_at(std::uint64_t from) const;

 private:
  std::size_t segment_of(std::uint64_t offset) const noexcept;
  std::string_view bytes_from(std::size_t segment, std::uint64_t from) const noexcept;

  const EventLog& log_;
  Ring<Segment> segments_;
  std::uint64_t first_segment_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  Seq last_seq_ = 0;
};

}  // namespace sse::hub
