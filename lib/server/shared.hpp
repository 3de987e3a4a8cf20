#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "hub/hub.hpp"
#include "hub/producers.hpp"
#include "net/tls_context.hpp"
#include "redis/node.hpp"
#include "server/body_budget.hpp"
#include "server/browser_streams.hpp"
#include "server/options.hpp"

namespace sse::server {

/// What all workers of a server share.
class Shared {
 public:
  Options options;
  hub::Hub hub;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> admin_connections{0};  ///< above their maximum
  std::atomic<bool> short_of_memory{false};       ///< as of the last look: see Options::memory_max
  std::atomic<bool> stopping{false};              ///< told to end: sources first, then streams
  BodyBudget bodies;
  BrowserStreams browsers;
  hub::Producers producers;           ///< of what is published here and not through Redis
  std::unique_ptr<redis::Node> node;  ///< where events come from and go to; null: nowhere else
  std::function<void(std::string_view)> log;  ///< one line; any thread

  /// For connections accepted from here on; any thread.
  std::shared_ptr<const net::TlsContext> tls() const {
    const std::lock_guard lock(tls_mutex_);
    return tls_;
  }
  void set_tls(std::shared_ptr<const net::TlsContext> tls) {
    const std::lock_guard lock(tls_mutex_);
    tls_ = std::move(tls);
  }

  explicit Shared(Options o)
      : options(std::move(o)),
        hub(options.hub),
        bodies(options.bodies_bytes_max),
        producers(options.producers_max, options.producer_ttl_ms) {}

  /// Why no further connection is taken but for pages under /-/; empty if they are.
  std::string_view why_full() const noexcept {
    if (short_of_memory) return "short of memory, try again";
    const bool full = options.connections_max != 0 && connections >= options.connections_max;
    return full ? "too many connections, try again" : "";
  }

 private:
  mutable std::mutex tls_mutex_;
  std::shared_ptr<const net::TlsContext> tls_;
};

}  // namespace sse::server
