#include "server/replay.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include <sse/encoder.hpp>

#include "hub/event_id.hpp"
#include "server/gap.hpp"

namespace sse::server {

Result<void> Replay::take(ReplayRound round, std::string& out) {
  hub::Seq limit = UINT64_MAX;  // up to here the pages are complete
  hub::Seq newest = position_;
  std::vector<Item> items;
  for (std::size_t i = 0; i < round.size(); ++i) {
    if (!round[i]) return tl::unexpected(round[i].error());
    const redis::ReadAnswer& answer = *round[i];
    if (answer.epoch != goal_.epoch) return fail("the history in Redis began again");
    if (goal_.last > 0) continue;
    const hub::Seq last = collect(i, answer, items);
    newest = std::max(newest, answer.last);
    if (answer.more) limit = std::min(limit, last);
  }
  if (goal_.last > 0) {
    begin_at_last(round);
    return {};
  }
  std::ranges::stable_sort(items, {}, &Item::seq);
  const bool more = limit != UINT64_MAX;
  const hub::Seq end = more ? limit : newest;
  if (!has_begun()) {
    if (!search(items, more)) position_ = end;
    return {};
  }
  // What lies beyond the limit is read again.
  for (Item& item : items)
    if (item.seq <= limit) give_out(item, out);
  position_ = end;
  return {};
}

hub::Seq Replay::collect(std::size_t channel, const redis::ReadAnswer& answer,
                         std::vector<Item>& items) const {
  const bool tells_gaps = !goal_.requested.empty();
  Seen seen = seen_[channel];
  seen.seq = std::max(seen.seq, position_);
  for (const std::string& message : answer.messages) {
    auto event = redis::decode_envelope(message);
    if (!event || !event->place) continue;
    const redis::Place place = *event->place;
    const bool wanted = place.time_ms >= goal_.since_ms;
    if (wanted && tells_gaps && place.prev > seen.seq)
      items.push_back(hole(channel, seen, place.prev, place.nth - 1, event->id.value_or("")));
    seen = {place.seq, place.nth};
    if (wanted) items.push_back({channel, place.seq, place.nth, std::move(event), {}});
  }
  if (!answer.more && answer.last > seen.seq && goal_.since_ms == 0 && tells_gaps)
    items.push_back(hole(channel, seen, answer.last, answer.nth, {}));
  return seen.seq;
}

Replay::Item Replay::hole(std::size_t channel, const Seen& seen, hub::Seq up_to, std::uint64_t nth,
                          std::string oldest) const {
  hub::Gap gap{
      .requested = seen.nth == 0 ? goal_.requested : hub::format_event_id(goal_.epoch, seen.seq),
      .oldest = std::move(oldest),
      .missed = std::nullopt,
      .reason = hub::GapReason::evicted};
  if (seen.nth > 0) gap.missed = nth - seen.nth;
  return {channel, up_to, nth, {}, std::move(gap)};
}

// Numbers are unique in the hub, so the last events of all channels together begin at one of them.
void Replay::begin_at_last(const ReplayRound& round) {
  std::vector<hub::Seq> numbers;
  for (const auto& answer : round)
    for (const std::string& text : answer->messages) {
      hub::Seq& number = numbers.emplace_back(0);
      std::from_chars(text.data(), text.data() + text.size(), number);
    }
  std::ranges::sort(numbers, std::greater{});
  const std::size_t last = std::exchange(goal_.last, 0);
  position_ = goal_.after =
      numbers.size() < last || numbers[last - 1] == 0 ? 0 : numbers[last - 1] - 1;
}

// True when it is known where to begin; else the search goes on.
bool Replay::search(const std::vector<Item>& items, bool more) {
  const auto has_id = [this](const Item& item) { return item.event && item.event->id == goal_.id; };
  const auto found = std::find_if(items.begin(), items.end(), has_id);
  if (found == items.end() && more) return false;
  std::ranges::fill(seen_, Seen{});
  if (found != items.end()) {
    position_ = goal_.after = found->seq;
  } else {
    // All that is held follows.
    position_ = goal_.after = 0;
    gap_ = hub::Gap{.requested = goal_.id,
                    .oldest = {},
                    .missed = std::nullopt,
                    .reason = hub::GapReason::unknown};
    goal_.requested.clear();
  }
  goal_.id.clear();
  return true;
}

void Replay::give_out(Item& item, std::string& out) {
  seen_[item.channel] = {item.seq, item.nth};
  EventFields fields;
  std::string text;
  std::string id;
  if (item.event && validate(item.event->fields()))
    item.hole = hub::Gap{.requested = item.event->id.value_or(""),
                         .oldest = {},
                         .missed = 1,
                         .reason = hub::GapReason::invalid};
  if (item.hole) {
    id = hub::format_event_id(goal_.epoch, item.seq);
    text = gap_json(*item.hole);
    fields.id = id;
    fields.event = "gap";
    fields.data = text;
    if (!gap_) gap_ = std::move(item.hole);
  } else {
    fields = item.event->fields();
  }
  encode(fields, out);
}

}  // namespace sse::server
