#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace sse::server {

/// A stream that is behind.
struct LaggingStream {
  std::string peer;
  std::string channel;  ///< of several, the one it is most bytes behind on
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t age_ms = 0;        ///< since the first event it has not got was published
  std::uint64_t kernel_bytes = 0;  ///< handed to the kernel and not acknowledged by the peer
};

/// The streams of one worker that are furthest behind, as of its last sweep. Written by the worker,
/// read by whoever asks.
class LagReport {
 public:
  static constexpr std::size_t kStreamsMax = 10;

  void replace(std::vector<LaggingStream> streams) {
    const std::lock_guard lock(mutex_);
    streams_.swap(streams);
  }
  std::vector<LaggingStream> streams() const {
    const std::lock_guard lock(mutex_);
    return streams_;
  }
  /// Sorts by bytes, most first, and keeps kStreamsMax.
  static void keep_worst(std::vector<LaggingStream>& streams);

 private:
  mutable std::mutex mutex_;
  std::vector<LaggingStream> streams_;
};

class FanOut;

/// Collects a worker's streams that are behind, on its thread.
class LagCollector {
 public:
  /// Call for each fan-out with seats set aside.
  void look_at(FanOut& fan_out);
  /// The worst of them, looked up in detail.
  std::vector<LaggingStream> take(std::uint64_t now_ms);

 private:
  struct Candidate {
    std::uint64_t bytes;
    FanOut* fan_out;
    std::uint32_t seat;
  };
  std::vector<Candidate> worst_;
};

}  // namespace sse::server
