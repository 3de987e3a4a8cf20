#include "hub/channel.hpp"

#include <algorithm>
#include <utility>

namespace sse::hub {

namespace {

constexpr std::size_t kNameBytesMax = 200;

bool is_name_char(char c) noexcept {
  constexpr std::string_view kPunctuation = "._-:/~@";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kPunctuation.find(c) != std::string_view::npos;
}

}  // namespace

bool is_channel_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '-' &&
         std::ranges::all_of(name, is_name_char);
}

bool is_personal(std::string_view name) noexcept { return name.size() > 1 && name.front() == '@'; }

Channel::Channel(std::string name, const LogLimits& limits)
    : name_(std::move(name)), log_(limits) {}

const std::string& Channel::name() const noexcept { return name_; }

const EventLog& Channel::log() const noexcept { return log_; }

void Channel::append(Seq seq, std::uint64_t now_ms, std::span<const std::string_view> parts) {
  log_.append(seq, now_ms, parts);
  ended_.store(false, std::memory_order_release);
}

void Channel::remember_own_id(Seq seq, std::string_view id) {
  if (id.empty()) return;
  if (!own_ids_) own_ids_ = std::make_unique<OwnIds>();
  own_ids_->add(seq, id);
}

void Channel::evict(std::uint64_t now_ms) {
  log_.evict(now_ms);
  drop_evicted_ids();
}

void Channel::drop_evicted_ids() {
  if (own_ids_) own_ids_->drop_up_to(log_.last_evicted().seq);
}

Seq Channel::find_own_id(std::string_view id) const { return own_ids_ ? own_ids_->find(id) : 0; }

const std::string* Channel::own_id_of(Seq seq) const noexcept {
  return own_ids_ ? own_ids_->id_of(seq) : nullptr;
}

void Channel::notify() const noexcept {
  for (ChannelListener* listener : listeners_) listener->appended();
}

bool Channel::has_room() const {
  return std::ranges::none_of(listeners_, [this](const ChannelListener* listener) {
    return listener->is_flooded() || log_.is_pressed(listener->reached());
  });
}

void Channel::release_waiting() noexcept {
  awaited_.store(false, std::memory_order_release);
  for (RoomListener* listener : std::exchange(waiting_, {})) listener->room();
}

}  // namespace sse::hub
