#include "server/upstream_sink.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "hub/event_id.hpp"
#include "redis/envelope.hpp"
#include "redis/history_script.hpp"

namespace sse::server {

// The name of this run: retries are recognised by it.
UpstreamSink::UpstreamSink(Context context, std::string channel)
    : context_(std::move(context)),
      channel_(std::move(channel)),
      producer_("source-" + hub::new_epoch(unix_ms())),
      retry_(context_.loop, [this] { send(); }),
      deadline_(context_.loop, [this] { emptied(); }) {}

void UpstreamSink::line(std::string_view event_type, std::string_view data) noexcept {
  EventFields fields;
  if (!event_type.empty()) fields.event = event_type;
  fields.data = data;
  queue_.push_back(context_.node.has_history()
                       ? redis::encode_event(fields)
                       : redis::encode_message(fields, {producer_, number_ + queue_.size()}));
  if (queue_.size() >= kQueueMax && !std::exchange(paused_, true)) source().pause();
  send();
}

void UpstreamSink::ended() noexcept {
  ended_ = true;
  if (queue_.empty()) context_.ended();
}

void UpstreamSink::finish(std::uint64_t patience_ms, std::function<void()> done) {
  finished_ = std::move(done);
  if (queue_.empty()) return emptied();
  deadline_.start(patience_ms);
}

// One call at a time: a later one could overtake one that failed.
void UpstreamSink::send() {
  if (under_way_ > 0 || queue_.empty()) return;
  under_way_ = std::min(queue_.size(), kBatch);
  redis::Outgoing outgoing{
      .channel = channel_, .events = {}, .producer = producer_, .number = number_};
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(under_way_);
  outgoing.events.assign(queue_.begin(), end);
  context_.node.publish(std::move(outgoing), [this](redis::Receipt receipt) {
    context_.post([this, receipt = std::move(receipt)] { answered(receipt); });
  });
}

void UpstreamSink::answered(const redis::Receipt& receipt) {
  const std::size_t sent = std::exchange(under_way_, 0);
  using End = redis::Receipt::End;
  if (receipt.end != End::accepted) {
    if (receipt.end == End::refused && !std::exchange(told_refused_, true))
      context_.log("Redis refuses events of channel '" + channel_ + "': " + receipt.reason);
    return retry_.start(kRetryMs);
  }
  told_refused_ = false;
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(sent));
  number_ += sent;
  if (paused_ && queue_.size() < kQueueMax / 2) {
    paused_ = false;
    source().resume();
  }
  send();
  if (!queue_.empty()) return;
  if (std::exchange(ended_, false)) context_.ended();
  if (finished_) emptied();
}

void UpstreamSink::emptied() {
  deadline_.stop();
  if (auto finished = std::exchange(finished_, nullptr)) finished();
}

}  // namespace sse::server
