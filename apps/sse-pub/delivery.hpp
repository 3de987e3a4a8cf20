#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "sse-pub/target.hpp"

namespace sse::pub {

struct DeliveryOptions {
  /// How long to keep trying while the server is away; 0: not at all.
  std::chrono::milliseconds retry_time{0};
  int interrupt_fd = -1;
  /// Where answers go, one line each; null: nowhere. Not owned.
  std::FILE* answers = nullptr;
  /// Told once per outage that trying goes on; may be empty.
  std::function<void(const std::string&)> notice;
};

/// What became of all events handed to a Delivery.
struct Tally {
  BatchResult::Outcome outcome = BatchResult::Outcome::accepted;
  std::string reason;        ///< of the failure that ended it
  std::size_t accepted = 0;  ///< events the server answered for
  std::size_t refused = 0;   ///< events the server refused
  std::size_t unknown = 0;   ///< sent, no answer: may have been accepted
  std::size_t not_sent = 0;  ///< certainly not accepted

  std::size_t total() const noexcept { return accepted + refused + unknown + not_sent; }
};

/// Hands batches to a target, keeps trying while that is wanted, and counts what became of every
/// event. Nothing is sent after a failure.
class Delivery {
 public:
  /// `target` must outlive the delivery.
  Delivery(Target& target, DeliveryOptions options)
      : target_(target), options_(std::move(options)) {}

  /// Connects ahead of the first event. False: it failed for good.
  bool connect();
  /// Sends the events. False: it failed for good, see tally().
  bool send(const Batch& batch);
  /// Counts events that were read but will not be handed over, after a failure.
  void add_not_sent(std::size_t count) noexcept { tally_.not_sent += count; }
  const Tally& tally() const noexcept { return tally_; }

 private:
  BatchResult attempt(Batch& batch);
  enum class Next { again, give_up, interrupted };
  Next wait_to_retry(const BatchResult& failure);
  void give_up(const BatchResult& failure, Next why, std::size_t left);

  Target& target_;
  DeliveryOptions options_;
  Tally tally_;
  std::uint64_t outage_since_ms_ = 0;  // 0: none
  std::uint64_t backoff_ms_ = 0;
};

}  // namespace sse::pub
