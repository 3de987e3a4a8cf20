#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "hub/hub.hpp"

// Events that come with their numbers from elsewhere.
namespace sse::hub {

void Hub::begin_after(Channel& channel, Seq seq, std::uint64_t time_ms) {
  const std::lock_guard lock(mutex_);
  channel.log_.begin_after(seq, time_ms);
}

void Hub::put(Channel& channel, Seq seq, const EventFields& fields, std::uint64_t time_ms,
              bool complete) {
  std::string body;
  encode_body(fields, body);
  const std::lock_guard lock(mutex_);
  const std::string id = fields.id ? std::string() : format_event_id(epoch_, seq);
  append_block(channel, seq, fields, id, body, time_ms);
  if (complete) position_ = std::max(position_, seq);
  channel.drop_evicted_ids();
  channel.notify();
}

void Hub::put_unnumbered(Channel& channel, const EventFields& fields, std::uint64_t time_ms) {
  EventFields without_id = fields;
  without_id.id = std::nullopt;
  std::string body;
  encode_body(without_id, body);
  const std::lock_guard lock(mutex_);
  channel.append(channel.log_.newest(), time_ms, std::array<std::string_view, 1>{body});
  channel.drop_evicted_ids();
  channel.notify();
}

void Hub::advance(Seq seq, std::span<const std::shared_ptr<Channel>> channels) {
  const std::lock_guard lock(mutex_);
  position_ = std::max(position_, seq);
  for (const auto& channel : channels) channel->notify();
}

void Hub::renew(std::string epoch) {
  assert(is_epoch(epoch));
  const std::lock_guard lock(mutex_);
  epoch_ = std::move(epoch);
  position_ = 0;
  index_.clear();
  for (const auto& channel : std::exchange(channels_, {})) {
    forgotten_events_ += channel->log_.stats().events_appended;
    channel->ended_.store(true, std::memory_order_release);
    channel->notify();
  }
}

bool Hub::retire(const std::shared_ptr<Channel>& channel) {
  constexpr long kCallerAndHub = 2;
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(channel->name());
  if (found == index_.end() || channels_[found->second] != channel) return true;
  if (channel.use_count() != kCallerAndHub || !channel->listeners_.empty()) return false;
  forget(found->second);
  return true;
}

}  // namespace sse::hub
