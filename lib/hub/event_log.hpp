#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hub/event_id.hpp"

namespace sse::hub {

/// How much of a channel is kept. Whatever limit is hit first evicts.
struct LogLimits {
  std::size_t history_events_max = 1000;
  std::size_t history_bytes_max = 16u << 20;
  std::uint64_t history_age_ms = 0;  ///< 0: no limit
  /// Beyond the history, bytes kept a while longer for streams that lag behind live delivery ...
  std::size_t lag_bytes_max = 1u << 20;
  /// ... and for how long. They are never replayed: history is what a resume sees.
  std::uint64_t lag_ms = 10'000;
};

/// Bytes of one piece of a log. Filled front to back under the log's lock, never moved; a reader
/// that holds a reference reads what it knew to be filled without a lock.
struct Segment;

/// One event of a log as the index knows it.
struct LogEntry {
  Seq seq;
  std::uint64_t end;      ///< offset just past its last byte
  std::uint64_t time_ms;  ///< when it was appended (wall clock, milliseconds)
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
  /// `seq` must be above every earlier one.
  void append(Seq seq, std::uint64_t now_ms, std::span<const std::string_view> parts);

  /// Evicts by age; call now and then (once a second) for logs that get no events.
  void evict(std::uint64_t now_ms);

  /// A replay's first byte, and what was missed before it.
  struct Replay {
    std::uint64_t offset = 0;       ///< where to start reading
    Seq oldest = 0;                 ///< first event from offset on; 0 if there is none
    bool gap = false;               ///< events after `seq` are no longer held
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

  /// Events that begin at or after `offset`, oldest first, at most `max`, with their ends: for
  /// streams that merge several logs by number.
  void entries_from(std::uint64_t offset, std::size_t max, std::vector<LogEntry>& out) const;
  /// The number of the last event that ends at or before `offset`; 0 when none is known.
  Seq seq_at(std::uint64_t offset) const;

  struct Stats {
    std::uint64_t events_appended = 0;
    std::uint64_t bytes_appended = 0;
    std::uint64_t history_events = 0;
    std::uint64_t history_bytes = 0;
    std::uint64_t evicted_events = 0;
    Seq first_seq = 0;             ///< oldest of the history, 0 if empty
    Seq last_seq = 0;              ///< newest ever appended, 0 if none
    std::uint64_t last_time_ms = 0;
    std::uint64_t end = 0;         ///< offset past the newest byte
    std::uint64_t memory_bytes = 0;  ///< segments and index, allocated
  };
  Stats stats() const;

 private:
  friend class LogView;
  // (private members: the implementer's)
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

  /// Fills `out` with the bytes [from, min(end(), from + bytes_max)), in order; returns how many
  /// entries were used. Precondition: begin() <= from <= end(). The bytes stay valid until the
  /// next refresh().
  std::size_t gather(std::uint64_t from, std::size_t bytes_max, std::span<iovec> out) const noexcept;

 private:
  // (private members: the implementer's)
};

}  // namespace sse::hub
