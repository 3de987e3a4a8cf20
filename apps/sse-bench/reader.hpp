#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "base/histogram.hpp"
#include "sse-bench/connection.hpp"
#include "sse-bench/schedule.hpp"
#include "sse-bench/stream.hpp"
#include "sse-bench/stream_opener.hpp"

namespace sse::bench {

/// What a reader tells while it runs. Written by its thread only.
struct ReaderProgress {
  std::atomic<std::uint32_t> open{0};       ///< streams open now
  std::atomic<std::uint32_t> failed{0};     ///< never opened
  std::atomic<std::uint32_t> ended{0};      ///< opened, then closed by the server
  std::atomic<std::uint64_t> received{0};   ///< different events over all streams open now
  std::atomic<std::uint64_t> delivered{0};  ///< measured deliveries
  std::atomic<std::uint64_t> opened_ns{0};  ///< when every stream was open or failed; 0: not yet
};

/// How far an event came on one reader's streams.
struct EventReach {
  std::uint32_t streams = 0;
  std::uint64_t last_ns = 0;  ///< the latest of those deliveries
};

/// What a reader saw, over all its streams.
struct ReaderTally {
  Histogram latency_ns;            ///< scheduled publish to delivery, measured events
  Histogram latency_from_send_ns;  ///< actual publish to delivery, measured events
  std::vector<EventReach> events;  ///< by sequence number, warm-up included
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;  ///< delivered after a later event
  std::uint64_t corrupt = 0;
  std::uint64_t foreign = 0;    ///< events with data that are not this run's
  std::uint64_t misrouted = 0;  ///< this run's, of another channel
  std::uint64_t last_delivery_ns = 0;
  std::string first_end;  ///< why the first stream that the server ended did
};

/// One thread that opens its share of the streams and reads them until told to stop.
///
/// start(), request_stop(), join() from one thread; progress() and tid() from any; the rest only
/// before start() or after join().
class Reader final : private StreamEvents {
 public:
  Reader(const OpenPlan& plan, const PayloadCodec& codec, const Schedule& schedule,
         std::size_t first_stream, std::size_t streams);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void start();
  void request_stop() noexcept { stop_ = true; }
  void join();

  const ReaderProgress& progress() const noexcept { return progress_; }
  pid_t tid() const noexcept { return tid_; }

  const ReaderTally& tally() const noexcept { return tally_; }
  const OpenTally& open_tally() const noexcept { return opener_.tally(); }
  const std::vector<Stream>& streams() const noexcept { return streams_; }

 private:
  void run();
  int turn_timeout_ms() const;
  void opening_turn();
  void handle(std::size_t index);
  Result<void> serve(Connection& connection);
  void watch(Connection& connection, std::size_t index);
  void lose(Connection& connection, std::string_view reason);
  void count(Stream& stream, const ScannedEvent& event);
  void count_new(Stream& stream, const Stamp& stamp);
  void end(std::uint32_t index, std::string_view reason);

  void began(std::uint32_t stream) override;
  void answered(std::uint32_t stream, const Answer& answer) override;
  void received(std::uint32_t index, std::string_view body) override;
  void ended(std::uint32_t index, OpenFailure failure, std::string_view reason) override;

  const OpenPlan& plan_;
  const Schedule& schedule_;
  const EventScanner scanner_;
  const Fd epoll_;
  std::vector<Stream> streams_;
  std::vector<Connection> connections_;
  StreamOpener opener_;
  ReadBuffer buffer_;
  std::uint64_t now_ns_ = 0;  ///< when what is being processed was read
  ReaderProgress progress_;
  ReaderTally tally_;
  std::atomic<bool> stop_{false};
  std::atomic<pid_t> tid_{0};
  std::thread thread_;
};

}  // namespace sse::bench
