#include "redis/feed.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "redis/question.hpp"

namespace sse::redis {
namespace {

constexpr std::uint64_t kWarnEveryMs = 10'000;
constexpr std::uint64_t kTryAgainMs = 5'000;  ///< what Redis refused

bool is_no_permission(std::string_view why) noexcept { return why.starts_with("NOPERM"); }

void call_all(std::vector<Feed::Ready> waiters) {
  for (const Feed::Ready& ready : waiters) ready();
}

}  // namespace

Feed::Feed(hub::Hub& hub, Link& link, FeedOptions options)
    : hub_(hub),
      link_(link),
      options_(std::move(options)),
      producers_(options_.producers_max, options_.producer_ttl_ms),
      name_(hub::new_epoch(unix_ms())) {}

Feed::Subscription* Feed::find(std::string_view channel) const {
  const auto found = subscriptions_.find(std::string(channel));
  return found == subscriptions_.end() ? nullptr : found->second.get();
}

Feed::Subscription* Feed::add(std::string_view channel) {
  auto opened = hub_.open(channel);
  if (!opened) return nullptr;
  auto& slot = subscriptions_[std::string(channel)];
  slot = std::make_unique<Subscription>();
  slot->channel = std::move(opened);
  ++loading_;
  stats_.channels = subscriptions_.size();
  return slot.get();
}

void Feed::want(std::string_view channel, Ready ready) {
  Subscription* subscription = find(channel);
  if (subscription == nullptr) {
    subscription = add(channel);
    if (subscription == nullptr) return ready();
    if (link_.is_up()) follow(*subscription);
  } else if (subscription->state == Subscription::State::active) {
    return ready();
  }
  subscription->waiters.push_back(std::move(ready));
}

void Feed::want_news(Ready ready) {
  (link_.is_beating() ? at_next_beat_ : at_this_beat_).push_back(std::move(ready));
  if (link_.is_up()) link_.beat_now();
}

void Feed::follow(Subscription& subscription) {
  subscription.state = Subscription::State::subscribing;
  if (!subscription.pattern.empty()) return;  // the next beat tells, or its next message
  unconfirmed_.push_back(subscription.channel->name());
  link_.subscribe(link_.options().keys.topic(subscription.channel->name()));
}

void Feed::saw(std::string_view epoch, std::uint64_t seq) {
  if (seen_.epoch == epoch) seen_.seq = std::max(seen_.seq, seq);
}

void Feed::up(const HubState& state) {
  at_this_beat_.insert(at_this_beat_.end(), at_next_beat_.begin(), at_next_beat_.end());
  at_next_beat_.clear();
  if (has_history() && state.epoch != hub_.epoch()) begin_again(state.epoch);
  seen_ = {state.epoch, state.seq, link_.run()};
  for (const std::string& pattern : options_.patterns)
    link_.subscribe_pattern(link_.options().keys.topic(pattern));
  // One that is refused is left alone: trying again costs the connection.
  const auto is_refused = [](const auto& entry) {
    return entry.second->state == Subscription::State::refused;
  };
  loading_ = subscriptions_.size() -
             static_cast<std::size_t>(std::ranges::count_if(subscriptions_, is_refused));
  repairing_ = loading_ > 0 || !options_.patterns.empty();
  for (const auto& entry : subscriptions_)
    if (!is_refused(entry)) follow(*entry.second);
  if (!repairing_) return repaired();
  if (!options_.patterns.empty()) link_.beat_now();
}

// A beat that began after the patterns were sent: Redis has them.
void Feed::patterns_confirmed() {
  for (const auto& [name, subscription] : subscriptions_)
    if (!subscription->pattern.empty() && subscription->state == Subscription::State::subscribing)
      activate_plain(*subscription);
  if (repairing_ && loading_ == 0) repaired();
}

// Another life of the counter. Streams end, and come back to new channels.
void Feed::begin_again(const std::string& epoch) {
  hub_.renew(epoch);
  std::vector<Ready> waiters;
  for (const auto& [name, subscription] : subscriptions_)
    std::ranges::move(subscription->waiters, std::back_inserter(waiters));
  subscriptions_.clear();
  unannounced_.clear();
  held_bytes_ = 0;
  stats_.channels = 0;
  call_all(std::move(waiters));
}

// A subscription that is refused costs the connection (hiredis ends it). Redis answers in order, so
// it is the first that was not confirmed.
void Feed::down(const std::string& why) {
  if (is_no_permission(why) && !unconfirmed_.empty())
    if (Subscription* const refused = find(unconfirmed_.front())) refuse(*refused, why);
  unconfirmed_.clear();
  ready_ = false;
  held_bytes_ = 0;
  loads_ = 0;
  to_load_.clear();
  for (const auto& [name, subscription] : subscriptions_) {
    subscription->held.clear();  // read from history, or lost, when the link stands again
    subscription->forget_tail();
  }
}

void Feed::subscribed(std::string_view topic) {
  const auto name = link_.options().keys.channel_of(topic);
  Subscription* subscription = find(name);
  if (!unconfirmed_.empty() && unconfirmed_.front() == name) unconfirmed_.pop_front();
  if (subscription == nullptr || subscription->state != Subscription::State::subscribing) return;
  subscription->state = Subscription::State::loading;
  if (has_history())
    begin_load(std::string(name));
  else
    activate_plain(*subscription);
}

void Feed::refuse(Subscription& subscription, const std::string& why) {
  subscription.state = Subscription::State::refused;
  subscription.refused_ms = link_.now_ms();
  subscription.forget_tail();
  for (const std::string& text : std::exchange(subscription.held, {})) held_bytes_ -= text.size();
  options_.log("channel '" + subscription.channel->name() +
               "' cannot be followed in Redis: " + why);
}

void Feed::try_again(Subscription& subscription, std::uint64_t now_ms) {
  if (!link_.is_up() || now_ms - subscription.refused_ms < kTryAgainMs) return;
  ++loading_;
  follow(subscription);
}

// One subscription less is on its way to being active.
void Feed::settled() {
  if (--loading_ == 0 && repairing_) repaired();
}

// What was published before now, and what was while the link was down, is not to be had. So all
// that has an id is from before: also where nothing was published since.
void Feed::activate_plain(Subscription& subscription) {
  hub::Channel& channel = *subscription.channel;
  if (channel.fed)
    tell_gap(subscription, hub::GapReason::disconnected);
  else if (const hub::Seq position = hub_.position(); position > 0) {
    hub_.advance(position + 1, {});
    hub_.begin_after(channel, position + 1, unix_ms());
  }
  channel.fed = true;
  subscription.state = Subscription::State::active;
  call_all(std::exchange(subscription.waiters, {}));
  settled();
}

void Feed::repaired() {
  repairing_ = false;
  ready_ = true;
  link_.beat_now();
}

void Feed::beat(const HubState& state) {
  if (has_history() && state.epoch != hub_.epoch())
    return link_.reset("the history in Redis began again");
  if (!options_.patterns.empty()) patterns_confirmed();
  if (!repairing_ && has_history()) {
    seen_.seq = std::max(seen_.seq, state.seq);
    hub_.advance(state.seq, std::exchange(unannounced_, {}));
  }
  std::vector<Ready> waiters = std::exchange(at_this_beat_, std::exchange(at_next_beat_, {}));
  if (repairing_)
    at_this_beat_.insert(at_this_beat_.end(), waiters.begin(), waiters.end());
  else
    call_all(std::move(waiters));
}

void Feed::message(std::string_view topic, std::string_view text, std::string_view pattern) {
  if (topic == link_.options().keys.nodes()) {
    if (pattern.empty()) answer_question(text);  // one that matches too must not answer twice
    return;
  }
  const std::string prefix = link_.options().keys.topic("");
  if (!topic.starts_with(prefix)) return;
  const std::string_view name = link_.options().keys.channel_of(topic);
  stats_.messages.fetch_add(1, std::memory_order_relaxed);
  Subscription* subscription = find(name);
  if (subscription == nullptr) subscription = follow_by(pattern, name);
  // What is subscribed to by name, or by another pattern, comes that way too.
  if (subscription == nullptr || subscription->pattern != pattern) return;
  const bool subscribing = subscription->state == Subscription::State::subscribing;
  if (!pattern.empty() && subscribing) activate_plain(*subscription);
  take(*subscription, text);
}

Feed::Subscription* Feed::follow_by(std::string_view pattern, std::string_view channel) {
  if (pattern.empty() || has_history() || !hub::is_channel_name(channel)) return nullptr;
  Subscription* const subscription = add(channel);
  if (subscription != nullptr) subscription->pattern = pattern;
  return subscription;
}

// Only on topics that are for answers: nobody shall have nodes publish events.
void Feed::answer_question(std::string_view text) {
  const auto question = decode_question(text);
  if (!question || !question->answer.starts_with(link_.options().keys.answers())) return;
  const auto channel =
      hub::is_channel_name(question->channel) ? hub_.find(question->channel) : nullptr;
  const std::size_t streams = channel ? channel->streams.load() : 0;
  link_.send({"PUBLISH", question->answer, encode_answer({name_, question->channel, streams})},
             [](const Reply&) {});
}

void Feed::take(Subscription& subscription, std::string_view text) {
  if (!has_history()) return take_plain(subscription, text);
  if (subscription.state == Subscription::State::refused) return;  // read when it is no longer
  if (repairing_ || subscription.state != Subscription::State::active)
    return hold(subscription, text);
  take_numbered(subscription, text);
}

void Feed::hold(Subscription& subscription, std::string_view text) {
  held_bytes_ += text.size();
  subscription.held.emplace_back(text);
  if (held_bytes_ > options_.held_bytes_max)
    link_.reset("more came in than fits while reading history (--redis-held-bytes-max)");
}

void Feed::take_plain(Subscription& subscription, std::string_view text) {
  const Envelope envelope = decode_message(text);
  if (const auto fault = fault_of(envelope, text.size())) {
    warn_refused(subscription, *fault);
    return tell_gap(subscription, *fault);
  }
  const std::uint64_t now = unix_ms();
  if (envelope.origin &&
      producers_.accept(envelope.origin->producer, envelope.origin->number, 1, now) > 0) {
    stats_.duplicates.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  hub_.publish(*subscription.channel, envelope.fields(), now);
}

// In the log, so that whoever resumes from before is told too.
void Feed::tell_gap(Subscription& subscription, hub::GapReason reason) {
  const std::string requested = hub::format_event_id(hub_.epoch(), hub_.position());
  const std::string json = options_.gap_json(
      {.requested = requested, .oldest = {}, .missed = std::nullopt, .reason = reason});
  EventFields fields;
  fields.event = "gap";
  fields.data = json;
  stats_.gaps.fetch_add(1, std::memory_order_relaxed);
  hub_.publish(*subscription.channel, fields, unix_ms());
}

std::optional<hub::GapReason> Feed::fault_of(const Envelope& envelope, std::size_t bytes) const {
  if (bytes > options_.event_bytes_max) return hub::GapReason::oversized;
  if (validate(envelope.fields())) return hub::GapReason::invalid;
  return std::nullopt;
}

void Feed::warn_refused(const Subscription& subscription, hub::GapReason reason) {
  stats_.refused.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t now = monotonic_ms();
  if (warned_ms_ != 0 && now - warned_ms_ < kWarnEveryMs) return;
  warned_ms_ = now;
  const char* const why = reason == hub::GapReason::oversized ? "is longer than --body-bytes-max"
                          : reason == hub::GapReason::unknown
                              ? "claims a place in the history that it does not have"
                              : "is not UTF-8, or its id or event holds a line end";
  options_.log("a message from Redis on channel '" + subscription.channel->name() + "' " + why);
}

void Feed::sweep(std::uint64_t now_ms) {
  for (auto i = subscriptions_.begin(); i != subscriptions_.end();) {
    Subscription& subscription = *i->second;
    if (subscription.state == Subscription::State::refused) try_again(subscription, now_ms);
    const bool idle = subscription.state == Subscription::State::active &&
                      subscription.pattern.empty() && subscription.channel->streams == 0;
    if (!idle) subscription.idle_since_ms = 0;
    if (idle && subscription.idle_since_ms == 0) subscription.idle_since_ms = now_ms;
    const bool over = idle && now_ms - subscription.idle_since_ms >= options_.grace_ms;
    if (!over || !link_.is_up() || !hub_.retire(subscription.channel)) {
      ++i;
      continue;
    }
    link_.unsubscribe(link_.options().keys.topic(i->first));
    i = subscriptions_.erase(i);
  }
  stats_.channels = subscriptions_.size();
}

}  // namespace sse::redis
