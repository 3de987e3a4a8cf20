#pragma once

#include "sse-pub/delivery.hpp"
#include "sse-pub/outage.hpp"
#include "sse-pub/outlet.hpp"
#include "sse-pub/sender.hpp"
#include "sse-pub/spool.hpp"

namespace sse::pub {

/// How the spool is sent: how much at a time.
struct SpoolSending {
  std::size_t events_max = 1000;
  std::size_t bytes_max = 256u << 10;
  bool must_empty = false;  ///< events that stay in the spool are a failure
};

/// Writes every batch to the spool first and sends from there, oldest first; so at any moment an
/// event is in the spool or was accepted. While the server is away or refuses, events are only
/// collected. The refused ones stay in the spool: nothing but a person can tell what is wrong.
class SpooledDelivery final : public Outlet {
 public:
  /// `target` must outlive the delivery.
  SpooledDelivery(Spool spool, Target& target, DeliveryOptions options, SpoolSending sending)
      : spool_(std::move(spool)),
        sender_(target, options.answers),
        options_(std::move(options)),
        sending_(sending),
        outage_(options_.retry_time) {}

  /// Sends what earlier runs left. False: the spool failed, as for the others.
  bool start() override { return work(); }
  bool send(const Batch& batch) override;
  int idle_ms() const override;
  bool resume() override { return work(); }
  /// Keeps trying for the retry time.
  void finish() override;
  void add_not_sent(std::size_t count) override { tally_.not_sent += count; }
  const Tally& tally() const noexcept override { return tally_; }

 private:
  bool work();
  bool send_oldest();
  void put_off(const BatchResult& failure);
  bool check(const Result<void>& done);
  bool is_interrupted() const;

  Spool spool_;
  Sender sender_;
  DeliveryOptions options_;
  SpoolSending sending_;
  Tally tally_;
  Outage outage_;
  std::uint64_t next_try_ms_ = 0;
  BatchResult failure_;  // the last one
  bool refused_ = false;
  bool told_ = false;  // of this outage
};

}  // namespace sse::pub
