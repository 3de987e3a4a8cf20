#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/loop.hpp"
#include "redis/node.hpp"
#include "server/publishing_sink.hpp"

namespace sse::server {

/// Publishes a source's lines on one channel through Redis, in order and each once: what failed is
/// sent again, and a full queue lets the source wait.
///
/// Belongs to the loop's thread.
class UpstreamSink final : public PublishingSink {
 public:
  /// What it needs to know; the node must be stopped before the sink is destroyed.
  struct Context {
    net::Loop& loop;
    redis::Node& node;
    std::function<void(std::function<void()>)> post;  ///< runs a task on the loop; any thread
    std::function<void()> ended;                      ///< the source is done, all of it accepted
    std::function<void(std::string_view)> log;
  };
  UpstreamSink(Context context, std::string channel);

  void line(std::string_view event_type, std::string_view data) noexcept override;
  void ended() noexcept override;
  void warn(std::string_view message) noexcept override { context_.log(message); }
  void finish(std::uint64_t patience_ms, std::function<void()> done) override;

 private:
  static constexpr std::size_t kBatch = 256;       ///< most events in one call
  static constexpr std::size_t kQueueMax = 4'096;  ///< above it the source waits
  static constexpr std::uint64_t kRetryMs = 200;

  void send();
  void answered(const redis::Receipt& receipt);
  void emptied();

  const Context context_;
  const std::string channel_;
  const std::string producer_;
  net::Timer retry_;
  net::Timer deadline_;
  std::deque<std::string> queue_;  ///< not accepted yet
  std::uint64_t number_ = 1;       ///< of its first
  std::size_t under_way_ = 0;      ///< of them sent
  bool paused_ = false;
  bool ended_ = false;
  bool told_refused_ = false;
  std::function<void()> finished_;
};

}  // namespace sse::server
