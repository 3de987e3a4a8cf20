#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/histogram.hpp"
#include "sse-bench/publish_connection.hpp"
#include "sse-bench/schedule.hpp"
#include "sse-bench/stamp.hpp"
#include "sse-bench/target.hpp"

namespace sse::bench {

/// What to publish and how. Immutable while a publisher uses it.
struct PublishPlan {
  Endpoint target;
  std::unique_ptr<const TlsClient> tls;    ///< null: clear text
  std::vector<std::string> request_heads;  ///< a POST up to the blank line for each channel
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds answer_timeout{};  ///< for connecting, and for the last answers
  std::size_t publishers = 1;                 ///< closed loop: connections with one POST each
  std::size_t unanswered_max = 1024;          ///< open loop: POSTs sent ahead of their answers
};

struct PublishedEvent {
  std::uint64_t due_ns = 0;
  std::uint64_t sent_ns = 0;
  bool accepted = false;  ///< answered 2xx
};

/// What publishing came to.
struct PublishTally {
  std::vector<PublishedEvent> events;  ///< by sequence number, warm-up included
  Histogram lag_ns;                    ///< open loop: sent later than due, measured events
  Histogram answer_ns;                 ///< sent to answered, measured events
  std::uint64_t refused = 0;           ///< answered, but not 2xx
  std::uint64_t unanswered = 0;
  std::string first_refusal;  ///< "503 Service Unavailable"
  std::uint64_t stalls = 0;   ///< times the schedule had to wait for answers
  std::string connect_error;  ///< why no connection could be had; publishing stopped there
};

/// One thread that publishes stamped events.
///
/// Open loop (the schedule has an interval): each event at its due time, on one connection, so that
/// the server gets them in order; a late event does not delay the next. Closed loop: every
/// connection publishes as soon as its POST is answered.
///
/// It stops by itself after the plan's time, when asked to, when it cannot connect, or when the
/// server refuses all it got so far. Threads as for Reader.
class Publisher {
 public:
  Publisher(const PublishPlan& plan, const PayloadCodec& codec, Schedule& schedule);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void start();
  void request_stop() noexcept { stop_ = true; }
  void join();

  /// All is sent, and answered or given up.
  bool done() const noexcept { return done_; }
  std::uint32_t sent() const noexcept { return sent_; }
  std::uint32_t accepted() const noexcept { return accepted_; }
  pid_t tid() const noexcept { return tid_; }
  /// After join().
  const PublishTally& tally() const noexcept { return tally_; }

 private:
  void run();
  bool connect(std::size_t count);
  bool reconnect_closed();
  void publish_open_loop();
  void publish_closed_loop();
  bool wait_until(std::uint64_t due_ns);
  bool wait_for_room();
  void await_answers();
  void publish(PublishConnection& connection, std::uint64_t due_ns);
  void io_all(std::uint64_t timeout_ns);
  void count(const PublishAnswer& answer, std::uint64_t now_ns);
  bool must_stop() const noexcept;
  std::size_t unanswered() const noexcept;

  const PublishPlan& plan_;
  const PayloadCodec& codec_;
  Schedule& schedule_;
  std::vector<PublishConnection> connections_;
  std::vector<PublishAnswer> answers_;
  ReadBuffer buffer_;
  PublishTally tally_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> done_{false};
  std::atomic<std::uint32_t> sent_{0};
  std::atomic<std::uint32_t> accepted_{0};
  std::atomic<pid_t> tid_{0};
  std::thread thread_;
};

}  // namespace sse::bench
