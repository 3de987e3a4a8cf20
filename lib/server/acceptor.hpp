#pragma once

#include <cstdint>

#include "base/fd.hpp"
#include "net/poller.hpp"
#include "server/connection.hpp"

namespace sse::server {

class Worker;

/// A listening socket of a worker. When the process runs out of descriptors it pauses until
/// resume(), so that open streams never suffer and the loop does not spin.
class Acceptor final : public net::Pollable {
 public:
  Acceptor(Worker& worker, Fd fd, const Listener& listener);
  void ready(std::uint32_t events) noexcept override;
  void resume();

 private:
  static constexpr int kAcceptsPerTurn = 64;

  void watch() noexcept;
  void take(Fd fd);

  Worker& worker_;
  Fd fd_;
  const Listener listener_;
  bool paused_ = false;
};

}  // namespace sse::server
