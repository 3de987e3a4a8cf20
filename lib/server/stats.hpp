#pragma once

#include <atomic>
#include <cstdint>

#include "server/lag_report.hpp"

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
  Counter dead;      ///< the peer acknowledged nothing for too long
  Counter slow;      ///< overrun, policy disconnect
  Counter error;     ///< a write failed
  Counter ended;     ///< its channels have ended
  Counter shutdown;  ///< the server is going
};

/// What one worker has done. Written by the worker, read by whoever asks.
struct alignas(64) WorkerStats {
  Counter connections;        ///< open now
  Counter connections_total;  ///< accepted
  Counter tls_failures;       ///< handshakes
  Counter http2_connections;  ///< open now
  Counter http2_errors;       ///< HTTP/2 connections ended for frames that make no sense
  Counter http2_floods;       ///< ... for frames that only cost
  Counter streams;            ///< open now
  Counter streams_total;      ///< ever opened
  Counter lagging;            ///< streams with more to get than a turn could give them, now
  Counter requests;           ///< complete requests, streams included
  Counter refused;            ///< answered with a status of 400 or more
  Counter sends;              ///< send calls that delivered log bytes
  Counter bytes;              ///< log bytes sent
  Counter heartbeats;
  Counter gaps;           ///< gap events sent
  Counter resumed;        ///< streams that brought a position
  Counter skipped;        ///< overruns, policy skip
  Counter held;           ///< times a publisher had to wait for streams
  Counter accept_pauses;  ///< accept stopped for want of descriptors
  Disconnects disconnects;
  LagReport lag;
};

}  // namespace sse::server
