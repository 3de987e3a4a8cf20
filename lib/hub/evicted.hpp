#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "hub/event_id.hpp"
#include "hub/ring.hpp"

namespace sse::hub {

/// Which events a log no longer holds, so that a resume is told exactly what it missed.
///
/// Numbers are kept as runs of consecutive ones, at most `runs_max` of them. Beyond that the
/// oldest are merged into "some events up to here": whether there is a gap stays exact, how many
/// events it has becomes unknown.
class Evicted {
 public:
  /// Precondition: runs_max > 0.
  explicit Evicted(std::size_t runs_max) noexcept : runs_max_(runs_max) {}

  /// One more event is gone; numbers and times never decrease.
  void add(Seq seq, std::uint64_t time_ms);
  /// An unknown number of events up to this number and time is gone. Only before the first add().
  void add_unknown(Seq seq, std::uint64_t time_ms) noexcept;

  /// The newest event that is gone; 0 if none is.
  Seq last_seq() const noexcept { return last_seq_; }
  std::uint64_t last_time_ms() const noexcept { return last_time_ms_; }
  /// Whether an event of this time or later is gone.
  bool any_since(std::uint64_t time_ms) const noexcept {
    return last_seq_ > 0 && last_time_ms_ >= time_ms;
  }
  /// How many events with a number above `seq` are gone; nullopt when no longer known.
  std::optional<std::uint64_t> count_after(Seq seq) const;
  /// How many events of this time or later are gone; nullopt when not known.
  std::optional<std::uint64_t> count_since(std::uint64_t time_ms) const noexcept;

  std::size_t memory_bytes() const noexcept { return runs_.memory_bytes(); }

 private:
  struct Run {
    Seq first = 0;
    std::uint64_t before = 0;  ///< events of all earlier runs
  };

  std::uint64_t length(std::size_t run) const noexcept {
    return (run + 1 < runs_.size() ? runs_[run + 1].before : total_) - runs_[run].before;
  }
  void merge_oldest() noexcept;

  std::size_t runs_max_;
  Ring<Run> runs_;
  Seq unknown_up_to_ = 0;  ///< of events up to here only this number is known
  Seq last_seq_ = 0;
  std::uint64_t last_time_ms_ = 0;
  std::uint64_t first_time_ms_ = 0;
  std::uint64_t total_ = 0;
  bool total_known_ = true;
};

}  // namespace sse::hub
