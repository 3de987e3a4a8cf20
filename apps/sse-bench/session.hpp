#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "sse-bench/interrupt.hpp"
#include "sse-bench/options.hpp"
#include "sse-bench/progress.hpp"
#include "sse-bench/publisher.hpp"
#include "sse-bench/reader.hpp"
#include "sse-bench/server_probe.hpp"
#include "sse-bench/summary.hpp"

namespace sse::bench {

/// Everything a run needs, checked and resolved before the first stream is opened.
struct SessionPlan {
  Options options;
  OpenPlan open;
  PublishPlan publish;
};

/// Error: what is wrong with the options, the addresses or the limits of this machine.
Result<SessionPlan> plan_session(const Options& options);

/// One run: open the streams, let them settle, publish, drain, and add up. Every phase ends early
/// on a signal.
class Session {
 public:
  Session(SessionPlan plan, Interrupt& interrupt);
  ~Session();

  Summary run();

 private:
  using Milliseconds = std::chrono::milliseconds;

  void start_readers();
  void open_streams();
  void hold_idle();
  void publish();
  void drain();
  void stop();
  std::uint64_t opened_ns() const;
  bool hopeless() const;
  void hold(const char* phase, Milliseconds time);
  /// Until `condition` holds, the time is over or a signal came: true if it holds.
  bool wait_for(const char* phase, const std::function<bool()>& condition, Milliseconds time_max);
  std::uint64_t sum(std::uint64_t (*field)(const ReaderProgress&)) const;
  std::vector<CpuTime> reader_cpu() const;
  void note_loads(const std::vector<CpuTime>& readers, CpuTime publisher, std::uint64_t start_ns);
  Summary summarize() const;
  ServerUse server_use(std::size_t streams, const Audit& audit) const;
  std::vector<EventRecord> event_records() const;

  SessionPlan plan_;
  Interrupt& interrupt_;
  Progress progress_;
  PayloadCodec codec_;
  Schedule schedule_;
  ServerProbe probe_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::unique_ptr<Publisher> publisher_;

  std::uint64_t open_ns_ = 0;         ///< how long opening took
  std::uint64_t opening_cpu_ns_ = 0;  ///< of the server
  std::uint64_t memory_before_ = 0;
  std::uint64_t memory_after_ = 0;
  std::uint64_t server_cpu_ns_ = 0;
  ThreadLoad reader_load_;
  ThreadLoad publisher_load_;
};

}  // namespace sse::bench
