#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hub/event_log.hpp"

namespace sse::hub::test {

/// A log as plainly as it can be said: every event ever, each marked with how far it is gone.
class LogModel {
 public:
  struct Event {
    Seq seq;
    std::uint64_t time_ms;
    std::uint64_t begin;
    std::uint64_t end;
    bool evicted = false;       ///< from the history
    std::uint64_t left_ms = 0;  ///< when, as the log knows it
    bool dropped = false;       ///< from the lag window, too
    std::string own_id = {};
  };

  explicit LogModel(LogLimits limits) : limits_(limits) {}

  void append(Seq seq, std::uint64_t now_ms, const std::string& block, std::string own_id = {}) {
    const std::uint64_t time_ms = events.empty() ? now_ms : std::max(now_ms, events.back().time_ms);
    events.push_back({seq, time_ms, bytes.size(), bytes.size() + block.size()});
    events.back().own_id = std::move(own_id);
    bytes += block;
    evict(time_ms);
  }

  void evict(std::uint64_t now_ms) {
    for (Event& event : events) {
      if (event.evicted) continue;
      if (!over_history(now_ms)) break;
      // Times of departure are as one when they are near each other.
      const bool anew = !has_lag() || now_ms > left_ms_ + limits_.lag_ms / 16;
      if (anew) left_ms_ = now_ms;
      event.evicted = true;
      event.left_ms = left_ms_;
    }
    for (Event& event : events) {
      if (event.dropped) continue;
      if (!event.evicted || &event == &events.back() || !over_lag(now_ms)) break;
      event.dropped = true;
    }
  }

  EventLog::Replay after(Seq seq) const {
    EventLog::Replay replay = first_held([&](const Event& e) { return e.seq > seq; });
    replay.missed = count([&](const Event& e) { return e.evicted && e.seq > seq; });
    replay.gap = replay.missed != 0u;
    return replay;
  }

  EventLog::Replay since(std::uint64_t time_ms) const {
    EventLog::Replay replay = first_held([&](const Event& e) { return e.time_ms >= time_ms; });
    replay.missed = count([&](const Event& e) { return e.evicted && e.time_ms >= time_ms; });
    replay.gap = replay.missed != 0u;
    return replay;
  }

  EventLog::Replay last(std::size_t n) const {
    std::size_t skip = held() - std::min(held(), n);
    return first_held([&](const Event&) { return skip == 0 || skip-- == 0; });
  }

  std::size_t held() const {
    return count([](const Event& e) { return !e.evicted; });
  }

  std::uint64_t begin() const {
    for (const Event& event : events)
      if (!event.dropped) return event.begin;
    return bytes.size();
  }

  Seq seq_at(std::uint64_t offset) const {
    Seq seq = 0;
    for (const Event& event : events)
      if (event.end <= offset) seq = event.seq;
    return offset < begin() ? 0 : seq;
  }

  std::vector<Event> entries_from(std::uint64_t offset, std::size_t max) const {
    std::vector<Event> found;
    for (const Event& event : events)
      if (!event.dropped && event.begin >= offset && found.size() < max) found.push_back(event);
    return found;
  }

  template <class Wanted>
  std::size_t count(Wanted wanted) const {
    return static_cast<std::size_t>(std::ranges::count_if(events, wanted));
  }

  std::vector<Event> events;
  std::string bytes;

 private:
  template <class Wanted>
  EventLog::Replay first_held(Wanted wanted) const {
    for (const Event& event : events)
      if (!event.evicted && wanted(event)) return {event.begin, event.seq, false, 0};
    return {bytes.size(), 0, false, 0};
  }

  bool over_history(std::uint64_t now_ms) const {
    std::uint64_t size = 0;
    bool old = false;
    for (const Event& event : events) {
      if (event.evicted) continue;
      size += event.end - event.begin;
      old = old || (limits_.history_age_ms > 0 && event.time_ms + limits_.history_age_ms < now_ms);
    }
    return held() > limits_.history_events_max || size > limits_.history_bytes_max || old;
  }

  bool has_lag() const {
    return count([](const Event& e) { return e.evicted && !e.dropped; }) > 0;
  }

  bool over_lag(std::uint64_t now_ms) const {
    std::uint64_t size = 0;
    bool old = false;
    for (const Event& event : events) {
      if (!event.evicted || event.dropped) continue;
      old = old || event.left_ms + limits_.lag_ms < now_ms;
      if (&event != &events.back()) size += event.end - event.begin;
    }
    return size > limits_.lag_bytes_max || old;
  }

  LogLimits limits_;
  std::uint64_t left_ms_ = 0;
};

}  // namespace sse::hub::test
