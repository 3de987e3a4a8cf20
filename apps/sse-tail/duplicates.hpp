#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include <sse/event.hpp>

namespace sse::tail {

/// Recognises events of one stream that came before, among the last so many.
///
/// An event is named by its id. One whose block had no id carries that of an earlier event; it
/// passes, unless what stands before it in the connection was a repetition, or it is what a
/// connection begins with: then its content decides. Events before the first id always pass.
class Duplicates {
 public:
  /// `events_max`: how many events are remembered.
  explicit Duplicates(std::size_t events_max) : events_max_(events_max) {}

  /// A connection begins; `last_event_id` is where it resumes.
  void on_connection(std::string_view last_event_id);
  /// Whether this event came before. Remembers it if not.
  bool seen(const Event& event);

 private:
  struct Seen {
    std::uint64_t id;
    std::uint64_t content;
  };
  using Counts = std::unordered_map<std::uint64_t, std::size_t>;

  void remember(const Seen& one);
  static void forget(Counts& counts, std::uint64_t value);

  std::size_t events_max_;
  std::deque<Seen> window_;
  Counts ids_;
  Counts contents_;
  std::string id_;  // of the event before in this connection
  bool repeating_ = true;
};

}  // namespace sse::tail
