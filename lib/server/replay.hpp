#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hub/hub.hpp"
#include "redis/envelope.hpp"
#include "redis/node.hpp"

namespace sse::server {

/// A page of history of each channel of a replay, in their order.
using ReplayRound = std::vector<Result<redis::ReadAnswer>>;

/// Turns history that a server does not hold itself into what a stream starts with: pages of all
/// its channels, merged by number, until the server's own logs go on.
class Replay {
 public:
  /// What is asked for.
  struct Goal {
    std::string epoch;
    hub::Seq after = 0;          ///< events above this number ...
    std::uint64_t since_ms = 0;  ///< ... of this time or later
    std::string id;              ///< first look for the event with this id: those after it
    std::size_t last = 0;        ///< first look where the last so many begin
    std::string requested;       ///< id or time, for a gap event; empty: nothing can be missed
  };
  Replay(Goal goal, std::size_t channels) : goal_(std::move(goal)), seen_(channels) {}

  /// Every event up to this number was given out, or is not to be. History is read after it.
  hub::Seq position() const noexcept { return position_; }
  const std::string& epoch() const noexcept { return goal_.epoch; }

  /// Takes what was read after position() and appends the blocks to send to `out`. The error says
  /// why the replay cannot go on.
  Result<void> take(ReplayRound round, std::string& out);
  /// The first thing that cannot be had of what was asked for, as far as is known.
  const std::optional<hub::Gap>& gap() const noexcept { return gap_; }
  /// Blocks have been or will be given out: position() is not that of a search.
  bool has_begun() const noexcept { return goal_.id.empty() && goal_.last == 0; }
  /// The numbers of so many of the newest events are needed first; 0: events are.
  std::size_t numbers_wanted() const noexcept { return goal_.last; }

 private:
  /// The newest event of a channel that was given out.
  struct Seen {
    hub::Seq seq = 0;
    std::uint64_t nth = 0;  ///< 0: none was
  };
  /// What a channel gives: an event, or a hole that ends with the number.
  struct Item {
    std::size_t channel = 0;
    hub::Seq seq = 0;
    std::uint64_t nth = 0;
    std::optional<redis::Envelope> event;
    std::optional<hub::Gap> hole;
  };

  /// Returns the number of the last event on the page.
  hub::Seq collect(std::size_t channel, const redis::ReadAnswer& answer,
                   std::vector<Item>& items) const;
  Item hole(std::size_t channel, const Seen& seen, hub::Seq up_to, std::uint64_t nth,
            std::string oldest) const;
  void begin_at_last(const ReplayRound& round);
  bool search(const std::vector<Item>& items, bool more);
  void give_out(Item& item, std::string& out);

  Goal goal_;
  std::vector<Seen> seen_;
  hub::Seq position_ = goal_.after;
  std::optional<hub::Gap> gap_;
};

}  // namespace sse::server
