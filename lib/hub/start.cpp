#include <algorithm>
#include <utility>

#include "hub/hub.hpp"

// Where a stream starts: what each channel can replay, put together for all channels of it.
namespace sse::hub {

/// The replays of a stream's channels, in the order given.
struct Hub::Resume {
  std::vector<std::uint64_t> offsets;
  bool gap = false;
  std::optional<std::uint64_t> missed = 0;
  Seq oldest = 0;  ///< lowest number that follows on any channel; 0 if none does
  const Channel* oldest_on = nullptr;

  void add(const Channel& channel, const EventLog::Replay& replay) {
    offsets.push_back(replay.offset);
    gap = gap || replay.gap;
    if (missed) missed = replay.missed ? std::optional(*missed + *replay.missed) : std::nullopt;
    if (replay.oldest == 0 || (oldest != 0 && oldest < replay.oldest)) return;
    oldest = replay.oldest;
    oldest_on = &channel;
  }
};

std::string_view to_string(GapReason reason) noexcept {
  switch (reason) {
    case GapReason::evicted:
      return "evicted";
    case GapReason::epoch:
      return "epoch";
    case GapReason::unknown:
      return "unknown";
    case GapReason::disconnected:
      return "disconnected";
    case GapReason::oversized:
      return "oversized";
    case GapReason::invalid:
      return "invalid";
  }
  return "";
}

Start Hub::start(std::span<const std::shared_ptr<Channel>> channels, const StartPoint& from) const {
  const std::lock_guard lock(mutex_);
  Start start = std::visit([&](const auto& point) { return start_at(channels, point); }, from);
  start.epoch = epoch_;
  return start;
}

Start Hub::start_at(Channels channels, const StartLive&) const {
  const bool all_ended = std::ranges::all_of(channels, [&](const auto& c) { return ended(*c); });
  if (all_ended) return start_at(channels, StartEarliest{});
  Resume resume;
  for (const auto& channel : channels) resume.add(*channel, channel->log_.last(0));
  return without_gap(std::move(resume));
}

Start Hub::start_at(Channels channels, const StartEarliest&) const {
  return without_gap(resume_earliest(channels));
}

// Numbers are unique in the hub, so there is one after which exactly `count` events are held (or
// all of them).
Start Hub::start_at(Channels channels, const StartLast& from) const {
  const auto held_after = [&](Seq seq) {
    std::size_t held = 0;
    for (const auto& channel : channels) held += channel->log_.held_after(seq);
    return held;
  };
  Seq low = 0;
  for (Seq high = position_; low < high;) {
    const Seq middle = low + (high - low) / 2;
    if (held_after(middle) > from.count) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return without_gap(resume_after(channels, low));
}

Start Hub::start_at(Channels channels, const StartSince& from) const {
  Resume resume;
  for (const auto& channel : channels) resume.add(*channel, channel->log_.since(from.time_ms));
  if (!resume.gap) return without_gap(std::move(resume));
  return with_gap(std::move(resume), from.requested, GapReason::evicted);
}

Start Hub::start_at(Channels channels, const StartAfterId& from) const {
  if (from.id.empty()) return start_at(channels, StartLive{});
  Start start;
  if (const auto seq = find_id(channels, from.id)) {
    Resume resume = resume_after(channels, *seq);
    if (resume.gap) {
      start = with_gap(std::move(resume), from.id, GapReason::evicted);
    } else {
      start.offsets = std::move(resume.offsets);
      start.position = *seq;
    }
  } else {
    const auto foreign = parse_event_id(from.id);
    const bool other_epoch = foreign && foreign->epoch != epoch_;
    Resume resume = resume_earliest(channels);
    resume.missed = std::nullopt;
    start =
        with_gap(std::move(resume), from.id, other_epoch ? GapReason::epoch : GapReason::unknown);
  }
  start.ended = all_read(channels, start.offsets);
  return start;
}

// Every channel has ended and nothing is left from these offsets on.
bool Hub::all_read(Channels channels, std::span<const std::uint64_t> offsets) const {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (!ended(*channels[i]) || offsets[i] < channels[i]->log_.last(0).offset) return false;
  }
  return !channels.empty();
}

Hub::Resume Hub::resume_after(Channels channels, Seq seq) const {
  Resume resume;
  for (const auto& channel : channels) resume.add(*channel, channel->log_.after(seq));
  return resume;
}

Hub::Resume Hub::resume_earliest(Channels channels) const {
  Resume resume;
  for (const auto& channel : channels) resume.add(*channel, channel->log_.earliest());
  return resume;
}

Start Hub::without_gap(Resume resume) const {
  Start start;
  start.offsets = std::move(resume.offsets);
  start.position = resume.oldest == 0 ? position_ : resume.oldest - 1;
  return start;
}

Start Hub::with_gap(Resume resume, std::string requested, GapReason reason) const {
  Gap gap{
      .requested = std::move(requested), .oldest = {}, .missed = resume.missed, .reason = reason};
  if (resume.oldest != 0) gap.oldest = id_of(*resume.oldest_on, resume.oldest);
  Start start = without_gap(std::move(resume));
  start.gap = std::move(gap);
  return start;
}

// The number a client stands at that presents this id; nullopt if it tells none.
std::optional<Seq> Hub::find_id(Channels channels, std::string_view id) const {
  const auto minted = parse_event_id(id);
  if (minted && minted->epoch == epoch_ && minted->seq <= position_) return minted->seq;
  std::optional<Seq> earliest;
  for (const auto& channel : channels) {
    const Seq seq = channel->find_own_id(id);
    if (seq != 0 && (!earliest || seq < *earliest)) earliest = seq;
  }
  return earliest;
}

// The event's id as clients see it; of one with an empty id the number, which means the same.
std::string Hub::id_of(const Channel& channel, Seq seq) const {
  const std::string* own = channel.own_id_of(seq);
  return own != nullptr ? *own : format_event_id(epoch_, seq);
}

}  // namespace sse::hub
