#pragma once

#include <cstddef>

#include "sse-pub/batch.hpp"
#include "sse-pub/tally.hpp"

namespace sse::pub {

/// Where a run's events go: straight to a target, or by way of a spool.
class Outlet {
 public:
  virtual ~Outlet() = default;
  /// What can be done before the first event is there. False: it failed for good, see tally().
  virtual bool start() = 0;
  /// Takes the batch, which may then be forgotten. False: it failed for good.
  virtual bool send(const Batch& batch) = 0;
  /// For how long it may be left alone, in milliseconds; negative: for ever. Then resume().
  virtual int idle_ms() const { return -1; }
  /// Goes on with what was put off. False: it failed for good.
  virtual bool resume() { return true; }
  /// There is nothing more to send: sees to what was put off.
  virtual void finish() {}
  /// Counts events that were read but will not be handed over.
  virtual void add_not_sent(std::size_t count) = 0;
  virtual const Tally& tally() const noexcept = 0;
};

}  // namespace sse::pub
