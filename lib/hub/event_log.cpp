#include "hub/event_log.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace sse::hub {

namespace {

constexpr std::size_t kSegmentBytesMin = 1024;
constexpr std::size_t kSegmentBytesMax = 256u << 10;
/// Runs of evicted numbers a log remembers; a log with a short history needs fewer.
constexpr std::size_t kRunsMin = 64;
constexpr std::size_t kRunsMax = 1024;
/// How exactly the log knows when events left the history: to this part of the time they are kept.
constexpr std::uint64_t kDepartures = 16;
/// The part of the lag window that streams may use up before publishing is held: the rest must take
/// what publishers are handing in at that moment.
constexpr std::uint64_t kPressedPart = 4;

std::size_t sum_of_sizes(std::span<const std::string_view> parts) noexcept {
  std::size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  return bytes;
}

// A new segment is about as large as all that is held, so a log is never mostly empty space, and
// one that grows does so geometrically.
std::size_t segment_capacity(std::uint64_t held, std::size_t bytes) noexcept {
  if (bytes > kSegmentBytesMax) return bytes;
  const auto wanted = std::clamp<std::uint64_t>(held, kSegmentBytesMin, kSegmentBytesMax);
  return std::max(std::bit_floor(static_cast<std::size_t>(wanted)), std::bit_ceil(bytes));
}

bool is_older(std::uint64_t time_ms, std::uint64_t now_ms, std::uint64_t age_ms) noexcept {
  return now_ms > time_ms && now_ms - time_ms > age_ms;
}

}  // namespace

EventLog::EventLog(LogLimits limits)
    : limits_(limits), evicted_(std::clamp(limits.history_events_max, kRunsMin, kRunsMax)) {}

EventLog::~EventLog() = default;

void EventLog::append(Seq seq, std::uint64_t now_ms, std::span<const std::string_view> parts) {
  const std::size_t bytes = sum_of_sizes(parts);
  assert(bytes > 0);
  const std::lock_guard lock(mutex_);
  assert(seq >= last_seq_ && seq >= evicted_.last_seq());
  char* to = reserve(bytes);
  for (const std::string_view part : parts) to = std::copy(part.begin(), part.end(), to);
  end_ += bytes;
  last_seq_ = seq;
  last_time_ms_ = std::max(last_time_ms_, now_ms);
  ++events_appended_;
  entries_.push_back(LogEntry{.seq = seq, .end = end_, .time_ms = last_time_ms_});
  evict_all(last_time_ms_);
}

void EventLog::evict(std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  evict_all(now_ms);
}

void EventLog::begin_after(Seq seq, std::uint64_t time_ms) {
  const std::lock_guard lock(mutex_);
  assert(events_appended_ == 0);
  evicted_.add_unknown(seq, time_ms);
  dropped_seq_ = seq;
}

EventLog::Replay EventLog::after(Seq seq) const {
  const std::lock_guard lock(mutex_);
  Replay replay = replay_from(first_above(seq));
  replay.gap = evicted_.last_seq() > seq;
  replay.missed = evicted_.count_after(seq);
  return replay;
}

EventLog::Replay EventLog::last(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  return replay_from(entries_.size() - std::min(count, history_size()));
}

EventLog::Replay EventLog::since(std::uint64_t time_ms) const {
  const std::lock_guard lock(mutex_);
  const auto is_before = [time_ms](const LogEntry& entry) { return entry.time_ms < time_ms; };
  Replay replay = replay_from(entries_.partition_point(is_before, lag_entries_));
  replay.gap = evicted_.any_since(time_ms);
  replay.missed = evicted_.count_since(time_ms);
  return replay;
}

EventLog::Replay EventLog::earliest() const {
  const std::lock_guard lock(mutex_);
  return replay_from(lag_entries_);
}

Seq EventLog::newest() const {
  const std::lock_guard lock(mutex_);
  return std::max(last_seq_, evicted_.last_seq());
}

EventLog::Last EventLog::last_evicted() const {
  const std::lock_guard lock(mutex_);
  return Last{.seq = evicted_.last_seq(), .time_ms = evicted_.last_time_ms()};
}

std::size_t EventLog::held_after(Seq seq) const {
  const std::lock_guard lock(mutex_);
  return entries_.size() - first_above(seq);
}

std::uint64_t EventLog::entries_from(std::uint64_t offset, std::size_t max,
                                     std::vector<LogEntry>& out) const {
  const std::lock_guard lock(mutex_);
  const auto ends_before = [offset](const LogEntry& entry) { return entry.end < offset; };
  // An event begins where the one before it ends.
  std::size_t i = offset <= begin_ ? 0 : entries_.partition_point(ends_before) + 1;
  for (; i < entries_.size() && max > 0; ++i, --max) out.push_back(entries_[i]);
  return std::max(offset, begin_);
}

Seq EventLog::seq_at(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  if (offset < begin_) return 0;
  const auto is_out = [offset](const LogEntry& entry) { return entry.end <= offset; };
  const auto i = entries_.partition_point(is_out);
  return i == 0 ? dropped_seq_ : entries_[i - 1].seq;
}

bool EventLog::is_pressed(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  return history_begin_ > offset && history_begin_ - offset > limits_.lag_bytes_max / kPressedPart;
}

EventLog::Lag EventLog::lag_at(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  const auto is_out = [offset](const LogEntry& entry) { return entry.end <= offset; };
  const std::size_t first = entries_.partition_point(is_out);
  Lag lag{.events = entries_.size() - first, .bytes = end_ - std::min(offset, end_)};
  if (lag.events > 0) lag.oldest_time_ms = entries_[first].time_ms;
  return lag;
}

EventLog::Stats EventLog::stats() const {
  const std::lock_guard lock(mutex_);
  const std::size_t held = history_size();
  return Stats{
      .events_appended = events_appended_,
      .bytes_appended = end_,
      .history_events = held,
      .history_bytes = end_ - history_begin_,
      .evicted_events = events_appended_ - held,
      .first_seq = held == 0 ? 0 : entries_[lag_entries_].seq,
      .last_seq = last_seq_,
      .last_time_ms = last_time_ms_,
      .end = end_,
      .memory_bytes = segment_bytes_ + segments_.memory_bytes() + entries_.memory_bytes() +
                      departures_.memory_bytes() + evicted_.memory_bytes(),
  };
}

bool EventLog::is_numbered(std::size_t entry) const noexcept {
  return entries_[entry].seq != (entry == 0 ? dropped_seq_ : entries_[entry - 1].seq);
}

EventLog::Replay EventLog::replay_from(std::size_t entry) const noexcept {
  if (entry == entries_.size()) return Replay{.offset = end_};
  const std::uint64_t offset = entry_begin(entry);
  while (entry < entries_.size() && !is_numbered(entry)) ++entry;
  return Replay{.offset = offset, .oldest = entry == entries_.size() ? 0 : entries_[entry].seq};
}

// Of the history.
std::size_t EventLog::first_above(Seq seq) const noexcept {
  const auto is_known = [seq](const LogEntry& entry) { return entry.seq <= seq; };
  return entries_.partition_point(is_known, lag_entries_);
}

// Room for an event at the end of the last segment, a new one if need be.
char* EventLog::reserve(std::size_t bytes) {
  const bool fits =
      !segments_.empty() &&
      segments_.back().capacity - static_cast<std::size_t>(end_ - segments_.back().begin) >= bytes;
  if (!fits) {
    const std::size_t capacity = segment_capacity(end_ - begin_, bytes);
    segments_.push_back({std::make_shared_for_overwrite<char[]>(capacity), end_, capacity});
    segment_bytes_ += capacity;
  }
  const Segment& tail = segments_.back();
  return tail.bytes.get() + (end_ - tail.begin);
}

void EventLog::evict_all(std::uint64_t now_ms) {
  while (history_size() > 0 && history_is_over(now_ms)) evict_oldest_of_history(now_ms);
  while (lag_entries_ > 0 && entries_.size() > 1 && lag_is_over(now_ms)) drop_oldest_of_lag();
  while (segments_.size() > 1 && segments_[1].begin <= begin_) {
    segment_bytes_ -= segments_.front().capacity;
    segments_.pop_front();
    ++first_segment_;
  }
}

bool EventLog::history_is_over(std::uint64_t now_ms) const noexcept {
  const std::uint64_t age_max = limits_.history_age_ms;
  return history_size() > limits_.history_events_max ||
         end_ - history_begin_ > limits_.history_bytes_max ||
         (age_max > 0 && is_older(entries_[lag_entries_].time_ms, now_ms, age_max));
}

// Precondition: two events are held or more, the oldest of which left the history.
bool EventLog::lag_is_over(std::uint64_t now_ms) const noexcept {
  const std::uint64_t newest_begin = entry_begin(entries_.size() - 1);
  return std::min(history_begin_, newest_begin) - begin_ > limits_.lag_bytes_max ||
         is_older(departures_.front().time_ms, now_ms, limits_.lag_ms);
}

void EventLog::evict_oldest_of_history(std::uint64_t now_ms) {
  const LogEntry& oldest = entries_[lag_entries_];
  if (is_numbered(lag_entries_)) evicted_.add(oldest.seq, oldest.time_ms);
  history_begin_ = oldest.end;
  ++lag_entries_;
  const std::uint64_t step_ms = limits_.lag_ms / kDepartures;
  if (departures_.empty() || is_older(departures_.back().time_ms, now_ms, step_ms))
    departures_.push_back({history_begin_, now_ms});
  else
    departures_.back().end = history_begin_;
}

void EventLog::drop_oldest_of_lag() noexcept {
  begin_ = entries_.front().end;
  dropped_seq_ = entries_.front().seq;
  entries_.pop_front();
  --lag_entries_;
  while (!departures_.empty() && departures_.front().end <= begin_) departures_.pop_front();
}

}  // namespace sse::hub
