#include "hub/hub.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <functional>
#include <utility>

namespace sse::hub {

namespace {

/// Channels that a sweep visits under one hold of the lock.
constexpr std::size_t kSweepBatch = 128;
/// The part of all channels that is forgotten at once when there is no place for another.
constexpr std::size_t kIdlestPart = 16;

}  // namespace

// The hub's own id is not known yet and goes before it.
void Hub::encode_body(const EventFields& fields, std::string& out) {
  assert(!validate(fields));
  encode(fields, out);
}

Hub::Hub(HubOptions options)
    : options_(std::move(options)), epoch_(options_.epoch), forgotten_(options_.channels_max) {
  assert(is_epoch(epoch_));
}

Hub::~Hub() = default;

std::string Hub::epoch() const {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

std::shared_ptr<Channel> Hub::open(std::string_view name) {
  assert(is_channel_name(name));
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(name);
  if (found != index_.end()) return channels_[found->second];
  if (channels_.size() >= options_.channels_max && !forget_idlest()) return nullptr;
  auto channel = std::make_shared<Channel>(std::string(name), options_.limits);
  const EventLog::Last before = forgotten_.take(name);
  if (before.seq > 0) channel->log_.begin_after(before.seq, before.time_ms);
  index_.emplace(channel->name(), channels_.size());
  channels_.push_back(channel);
  return channel;
}

std::shared_ptr<Channel> Hub::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : channels_[found->second];
}

Published Hub::publish(Channel& channel, const EventFields& fields, std::uint64_t now_ms) {
  std::string body;
  encode_body(fields, body);
  const std::lock_guard lock(mutex_);
  Published published = append(channel, fields, body, now_ms);
  channel.drop_evicted_ids();
  channel.notify();
  return published;
}

std::vector<Published> Hub::publish(Channel& channel, std::span<const EventFields> events,
                                    std::uint64_t now_ms) {
  std::string bodies;
  std::vector<std::size_t> ends;
  ends.reserve(events.size());
  for (const EventFields& fields : events) {
    encode_body(fields, bodies);
    ends.push_back(bodies.size());
  }
  std::vector<Published> published;
  published.reserve(events.size());
  if (events.empty()) return published;
  const std::lock_guard lock(mutex_);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < events.size(); begin = ends[i++]) {
    const auto body = std::string_view(bodies).substr(begin, ends[i] - begin);
    published.push_back(append(channel, events[i], body, now_ms));
  }
  channel.drop_evicted_ids();
  channel.notify();
  return published;
}

// Numbers the event and writes it to the log; the lock is held.
Published Hub::append(Channel& channel, const EventFields& fields, std::string_view body,
                      std::uint64_t now_ms) {
  Published published;
  published.seq = ++position_;
  published.streams = channel.streams.load(std::memory_order_relaxed);
  published.id = fields.id ? std::string(*fields.id) : format_event_id(epoch_, published.seq);
  append_block(channel, published.seq, fields, published.id, body, now_ms);
  return published;
}

// The lock is held.
void Hub::append_block(Channel& channel, Seq seq, const EventFields& fields, std::string_view id,
                       std::string_view body, std::uint64_t now_ms) {
  if (fields.id) {
    channel.append(seq, now_ms, std::array{body});
    channel.remember_own_id(seq, *fields.id);
  } else {
    channel.append(seq, now_ms, std::array<std::string_view, 4>{"id: ", id, "\n", body});
  }
}

bool Hub::await_room(Channel& channel, RoomListener& listener) {
  const std::lock_guard lock(mutex_);
  if (channel.has_room()) return true;
  auto& waiting = channel.waiting_;
  if (std::ranges::find(waiting, &listener) == waiting.end()) waiting.push_back(&listener);
  channel.awaited_.store(true, std::memory_order_release);
  channel.notify();  // to look how far they are
  return false;
}

void Hub::forget_room(Channel& channel, RoomListener& listener) {
  const std::lock_guard lock(mutex_);
  std::erase(channel.waiting_, &listener);
  if (channel.waiting_.empty()) channel.awaited_.store(false, std::memory_order_release);
}

void Hub::made_room(Channel& channel) {
  const std::lock_guard lock(mutex_);
  if (channel.has_room()) channel.release_waiting();
}

void Hub::end(Channel& channel) {
  const std::lock_guard lock(mutex_);
  channel.ended_.store(true, std::memory_order_release);
  channel.notify();
}

bool Hub::ended(const Channel& channel) const {
  return channel.ended_.load(std::memory_order_acquire);
}

Seq Hub::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

void Hub::listen(Channel& channel, ChannelListener& listener) {
  const std::lock_guard lock(mutex_);
  auto& listeners = channel.listeners_;
  if (std::ranges::find(listeners, &listener) == listeners.end()) listeners.push_back(&listener);
}

void Hub::unlisten(Channel& channel, ChannelListener& listener) {
  const std::lock_guard lock(mutex_);
  std::erase(channel.listeners_, &listener);
  if (channel.has_room()) channel.release_waiting();
}

Hub::Census Hub::census() const {
  const std::lock_guard lock(mutex_);
  return {channels_, forgotten_events_};
}

void Hub::sweep(std::uint64_t now_ms) {
  std::size_t next = 0;
  while (sweep_some(next, now_ms)) {
  }
}

// Goes on at channel `next`; false when that was the last.
bool Hub::sweep_some(std::size_t& next, std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  for (std::size_t visits = 0; visits < kSweepBatch && next < channels_.size(); ++visits) {
    channels_[next]->evict(now_ms);
    if (is_forgettable(next)) {
      forget(next);
    } else {
      ++next;
    }
  }
  return next < channels_.size();
}

// Whoever wants a new reference needs the lock, so a count of one cannot grow here.
bool Hub::is_unused(std::size_t index) const {
  const std::shared_ptr<Channel>& channel = channels_[index];
  return channel.use_count() == 1 && channel->listeners_.empty();
}

bool Hub::is_forgettable(std::size_t index) const {
  return is_unused(index) && channels_[index]->log_.held_after(0) == 0;
}

// Makes place for other channels: several at once, so that the search is paid for by many. False
// when every channel is in use.
bool Hub::forget_idlest() {
  struct Idle {
    std::uint64_t since_ms;
    std::size_t index;
  };
  std::vector<Idle> idle;
  for (std::size_t i = 0; i < channels_.size(); ++i)
    if (is_unused(i)) idle.push_back({channels_[i]->log_.stats().last_time_ms, i});
  if (idle.empty()) return false;
  const std::size_t count = std::min(idle.size(), 1 + options_.channels_max / kIdlestPart);
  const auto end = idle.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::nth_element(idle, end - 1, {}, &Idle::since_ms);
  // From behind, as forgetting moves the last channel into the gap.
  std::ranges::sort(idle.begin(), end, std::greater(), &Idle::index);
  std::for_each(idle.begin(), end, [this](const Idle& one) { forget(one.index); });
  return true;
}

void Hub::forget(std::size_t index) {
  std::shared_ptr<Channel>& channel = channels_[index];
  const EventLog::Stats stats = channel->log_.stats();
  forgotten_events_ += stats.events_appended;
  if (options_.remember_forgotten)
    forgotten_.remember(channel->name(), stats.last_seq > 0
                                             ? EventLog::Last{stats.last_seq, stats.last_time_ms}
                                             : channel->log_.last_evicted());
  index_.erase(channel->name());
  if (index + 1 < channels_.size()) {
    channel = std::move(channels_.back());
    index_[channel->name()] = index;
  }
  channels_.pop_back();
}

}  // namespace sse::hub
