#include "server/replay.hpp"

#include <algorithm>
#include <utility>

#include <sse/encoder.hpp>

#include "hub/event_id.hpp"
#include "server/gap.hpp"

namespace sse::server {

Result<void> Replay::take(ReplayRound round, std::string& out) {
  hub::Seq limit = UINT64_MAX;  // up to here the pages are complete
  hub::Seq newest = position_;
  std::vector<Item> items;
  std::vector<Seen> seen = seen_;
  for (std::size_t i = 0; i < round.size(); ++i) {
    if (!round[i]) return tl::unexpected(round[i].error());
    const redis::ReadAnswer& answer = *round[i];
    if (answer.epoch != goal_.epoch) return fail("the history in Redis began again");
    collect(seen[i], answer, items);
    newest = std::max(newest, answer.last);
    if (answer.more) limit = std::min(limit, seen[i].seq);
  }
  std::ranges::stable_sort(items, {}, &Item::seq);
  const bool more = limit != UINT64_MAX;
  const hub::Seq end = more ? limit : newest;
  if (!has_begun()) {
    if (!search(items, more)) position_ = end;
    return {};
  }
  for (Item& item : items)
    if (item.seq <= limit) give_out(item, out);
  // What lies beyond the limit is read again.
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i].seq <= limit) seen_[i] = seen[i];
  position_ = end;
  return {};
}

void Replay::collect(Seen& seen, const redis::ReadAnswer& answer, std::vector<Item>& items) const {
  for (const std::string& message : answer.messages) {
    auto event = redis::decode_envelope(message);
    if (!event || !event->place) continue;
    const redis::Place place = *event->place;
    const bool wanted = place.time_ms >= goal_.since_ms;
    if (wanted && place.prev > std::max(seen.seq, goal_.after) && !goal_.requested.empty())
      items.push_back(hole_before(seen, place.prev, place.nth, event->id.value_or("")));
    seen = {place.seq, place.nth};
    if (wanted) items.push_back({place.seq, std::move(event), {}});
  }
  if (answer.more || answer.last <= std::max(seen.seq, goal_.after)) return;
  if (goal_.since_ms == 0 && !goal_.requested.empty())
    items.push_back(hole_before(seen, answer.last, answer.nth + 1, {}));
  seen = {answer.last, answer.nth};
}

Replay::Item Replay::hole_before(const Seen& seen, hub::Seq seq, std::uint64_t nth,
                                 std::string oldest) const {
  hub::Gap gap{
      .requested = seen.nth == 0 ? goal_.requested : hub::format_event_id(goal_.epoch, seen.seq),
      .oldest = std::move(oldest),
      .missed = std::nullopt,
      .reason = hub::GapReason::evicted};
  if (seen.nth > 0) gap.missed = nth - seen.nth - 1;
  return {seq, {}, std::move(gap)};
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
