#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "sse-pub/outage.hpp"
#include "sse-pub/outlet.hpp"
#include "sse-pub/sender.hpp"

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

/// Hands batches to a target, keeps trying while that is wanted, and counts what became of every
/// event. Nothing is sent after a failure.
class Delivery final : public Outlet {
 public:
  /// `target` must outlive the delivery.
  Delivery(Target& target, DeliveryOptions options)
      : sender_(target, options.answers),
        options_(std::move(options)),
        outage_(options_.retry_time) {}

  /// Connects ahead of the first event. False: it failed for good.
  bool start() override;
  bool send(const Batch& batch) override;
  void add_not_sent(std::size_t count) override { tally_.not_sent += count; }
  const Tally& tally() const noexcept override { return tally_; }

 private:
  enum class Next { again, give_up, interrupted };
  Next wait_to_retry(const BatchResult& failure);
  void give_up(const BatchResult& failure, Next why, std::size_t left);

  Sender sender_;
  DeliveryOptions options_;
  Tally tally_;
  Outage outage_;
};

}  // namespace sse::pub
