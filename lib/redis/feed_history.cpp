#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "redis/feed.hpp"

// Events that have numbers: read from history until what came in live follows.
namespace sse::redis {
namespace {

constexpr std::size_t kLoadsMax = 64;  ///< channels read at a time

}  // namespace

// So that a node with many channels does not have all of their histories in memory at once.
void Feed::begin_load(const std::string& name) {
  if (loads_ >= kLoadsMax) {
    to_load_.push_back(name);
    return;
  }
  ++loads_;
  load(name);
}

// Replies name the channel: the subscription may be gone by then.
void Feed::load(const std::string& name) {
  const Subscription& subscription = *find(name);
  ReadCall call{.channel = name, .count = options_.page};
  if (subscription.channel->fed) {
    call.from = subscription.last;
  } else {
    call.what = ReadCall::What::tail;
    if (!subscription.tail.empty()) call.from = subscription.tail.back().place->seq;
  }
  link_.send(read_call(link_.read_sha(), link_.options().keys, call),
             [this, name, what = call.what](Reply reply) { loaded(name, what, std::move(reply)); });
}

void Feed::loaded(const std::string& name, ReadCall::What what, Reply reply) {
  if (reply.kind == Reply::Kind::lost || !link_.is_up()) return;
  Subscription* const subscription = find(name);
  if (subscription == nullptr || subscription->state != Subscription::State::loading) return;
  const auto answer = read_read(std::move(reply));
  if (!answer) return unreadable(*subscription, answer.error().message);
  const bool is_tail = what == ReadCall::What::tail;
  const bool is_new = is_tail && answer->epoch.empty();  // a hub without any event
  if (!is_new && answer->epoch != hub_.epoch())
    return link_.reset("the history in Redis began again");
  return is_tail ? take_tail(*subscription, *answer) : take_events(*subscription, *answer);
}

void Feed::take_events(Subscription& subscription, const ReadAnswer& answer) {
  for (const std::string& message : answer.messages) {
    auto envelope = decode_envelope(message);
    if (!envelope || !envelope->place || envelope->place->seq <= subscription.last) continue;
    stats_.repaired.fetch_add(1, std::memory_order_relaxed);
    put(subscription, *std::move(envelope), false);
  }
  if (answer.more) return load(subscription.channel->name());
  if (answer.last > subscription.last) {  // what followed is held no more
    Place gone;
    gone.prev = answer.last;
    gone.nth = answer.nth + 1;
    put_hole(subscription, gone, {});
  }
  activate(subscription);
}

void Feed::take_tail(Subscription& subscription, const ReadAnswer& answer) {
  bool full = false;
  for (const std::string& message : answer.messages) {
    full = subscription.tail.size() >= options_.history_events_max ||
           subscription.tail_bytes >= options_.history_bytes_max;
    auto envelope = decode_envelope(message);
    if (full || !envelope || !envelope->place) continue;
    subscription.tail_bytes += message.size();
    subscription.tail.push_back(*std::move(envelope));
  }
  if (!full && answer.more) return load(subscription.channel->name());
  put_tail(subscription, answer);
  activate(subscription);
}

void Feed::put_tail(Subscription& subscription, const ReadAnswer& answer) {
  std::vector<Envelope> tail = std::exchange(subscription.tail, {});
  subscription.tail_bytes = 0;
  const Place* oldest = tail.empty() ? nullptr : &*tail.back().place;
  const hub::Seq before = oldest == nullptr ? answer.last : oldest->prev;
  if (before > 0) {
    hub_.begin_after(*subscription.channel, before, oldest == nullptr ? 0 : oldest->time_ms);
    subscription.last = before;
    subscription.nth = oldest == nullptr ? answer.nth : oldest->nth - 1;
  }
  for (auto i = tail.rbegin(); i != tail.rend(); ++i) put(subscription, std::move(*i), false);
}

// Precondition: the event has a number above the last.
void Feed::put(Subscription& subscription, Envelope envelope, bool complete) {
  const Place place = *std::move(envelope.place);
  const std::string minted = hub::format_event_id(place.epoch, place.seq);
  if (place.prev > subscription.last) put_hole(subscription, place, envelope.id.value_or(minted));
  if (envelope.id == minted) envelope.id.reset();
  const std::size_t bytes =
      (envelope.data ? envelope.data->size() : 0) + (envelope.event ? envelope.event->size() : 0);
  if (const auto fault = fault_of(envelope, bytes)) {
    warn_refused(subscription, *fault);
    put_gap(subscription, place.seq, {minted, {}, 1, *fault}, complete);
  } else {
    hub_.put(*subscription.channel, place.seq, envelope.fields(), place.time_ms, complete);
  }
  subscription.last = place.seq;
  subscription.nth = place.nth;
  seen_.seq = std::max(seen_.seq, place.seq);
  if (!complete && (unannounced_.empty() || unannounced_.back() != subscription.channel))
    unannounced_.push_back(subscription.channel);
}

// Events between the last one and `next` are lost. Their place is taken by a gap event with the
// number of the last of them: the same on every node.
void Feed::put_hole(Subscription& subscription, const Place& next, std::string_view next_id) {
  hub::Gap gap{.requested = hub::format_event_id(hub_.epoch(), subscription.last),
               .oldest = std::string(next_id),
               .missed = std::nullopt,
               .reason = hub::GapReason::evicted};
  if (subscription.nth > 0 && next.nth > subscription.nth + 1)
    gap.missed = next.nth - subscription.nth - 1;
  put_gap(subscription, next.prev, std::move(gap), false);
  subscription.last = next.prev;
  subscription.nth = next.nth - 1;
}

void Feed::put_gap(Subscription& subscription, hub::Seq seq, hub::Gap gap, bool complete) {
  const std::string json = options_.gap_json(gap);
  EventFields fields;
  fields.event = "gap";
  fields.data = json;
  stats_.gaps.fetch_add(1, std::memory_order_relaxed);
  hub_.put(*subscription.channel, seq, fields, 0, complete);
}

void Feed::activate(Subscription& subscription) {
  subscription.state = Subscription::State::active;
  subscription.channel->fed = true;
  // A node that streams come to now must know all that was published before.
  for (Ready& ready : std::exchange(subscription.waiters, {})) want_news(std::move(ready));
  load_ended(subscription);
}

// What waited is taken: of all channels after a repair, else of this one.
void Feed::load_ended(Subscription& subscription) {
  const bool was_repairing = repairing_;
  --loads_;
  if (!to_load_.empty()) {
    const std::string next = std::move(to_load_.front());
    to_load_.pop_front();
    begin_load(next);
  }
  settled();
  if (repairing_) return;
  if (!was_repairing) return release(subscription);
  for (const auto& [name, other] : subscriptions_) release(*other);
}

// The others must not suffer: a foreign value under one key, say, is for its channel alone.
void Feed::unreadable(Subscription& subscription, const std::string& why) {
  if (link_.follow(why)) return;
  const HubKeys& keys = link_.options().keys;
  const std::string& name = subscription.channel->name();
  refuse(subscription, why + " (" + keys.channel(name) + ", " + keys.stream(name) + ")");
  load_ended(subscription);
}

void Feed::release(Subscription& subscription) {
  for (const std::string& text : std::exchange(subscription.held, {})) {
    held_bytes_ -= text.size();
    take(subscription, text);
  }
}

void Feed::take_numbered(Subscription& subscription, std::string_view text) {
  auto envelope = decode_envelope(text);
  if (!envelope || !envelope->place) {
    stats_.unnumbered.fetch_add(1, std::memory_order_relaxed);
    const Envelope bare = decode_message(text);
    if (const auto fault = fault_of(bare, text.size())) return warn_refused(subscription, *fault);
    return hub_.put_unnumbered(*subscription.channel, bare.fields(), unix_ms());
  }
  const Place& place = *envelope->place;
  // The beat sees it too, after the answers to publishers that are on their way.
  if (place.epoch != hub_.epoch()) return link_.beat_now();
  if (place.seq <= subscription.last) return;
  if (place.prev <= subscription.last) return put(subscription, *std::move(envelope), true);
  // Something is missing: nothing newer goes out anywhere until it was read. If it was read and
  // this one still does not follow, it was not written by the script.
  if (std::exchange(subscription.hole, place.seq) == place.seq)
    return warn_refused(subscription, hub::GapReason::unknown);
  subscription.state = Subscription::State::loading;
  ++loading_;
  repairing_ = true;
  hold(subscription, text);
  begin_load(subscription.channel->name());
}

}  // namespace sse::redis
