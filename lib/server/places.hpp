#pragma once

#include "server/stream.hpp"
#include "server/worker.hpp"

namespace sse::server {

inline std::atomic<std::size_t>& places(Worker& worker, const Listener& listener) noexcept {
  Shared& shared = worker.shared();
  return listener.above_max ? shared.admin_connections : shared.connections;
}

/// An accepted socket takes one of the places for connections, until it is closed.
inline void take_place(Worker& worker, const Listener& listener) noexcept {
  places(worker, listener).fetch_add(1);
  worker.stats().connections.add();
  worker.stats().connections_total.add();
}

inline void leave_place(Worker& worker, const Listener& listener) noexcept {
  places(worker, listener).fetch_sub(1);
  worker.stats().connections.sub();
}

}  // namespace sse::server
