#pragma once

#include <atomic>
#include <cstdint>

namespace sse::server {

/// A counter one thread adds to and any thread reads.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void sub(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Why a stream ended.
struct Disconnects {
  Counter client;    ///< the client closed it
  Counter slow;      ///< overrun, policy disconnect
  Counter error;     ///< a write failed
  Counter ended;     ///< its channels have ended
  Counter shutdown;  ///< the server is going
};

/// What one worker has done. Written by the worker, read by whoever asks.
struct alignas(64) WorkerStats {
  Counter connections;        ///< open now
  Counter connections_total;  ///< accepted
  Counter streams;            ///< open now
  Counter streams_total;      ///< ever opened
  Counter requests;           ///< complete requests, streams included
  Counter refused;            ///< answered with a status of 400 or more
  Counter sends;              ///< send calls that delivered log bytes
  Counter bytes;              ///< log bytes sent
  Counter heartbeats;
  Counter gaps;           ///< gap events sent
  Counter resumed;        ///< streams that brought a position
  Counter skipped;        ///< overruns, policy skip
  Counter accept_pauses;  ///< accept stopped for want of descriptors
  Disconnects disconnects;
};

}  // namespace sse::server
