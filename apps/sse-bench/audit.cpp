#include "sse-bench/audit.hpp"

#include <algorithm>

namespace sse::bench {
namespace {

bool published(const EventRecord& event) noexcept {
  return event.accepted || event.reach.streams > 0;
}

// Answers how many measured, published events lie in a range of sequence numbers.
class PublishedCount {
 public:
  PublishedCount(const std::vector<EventRecord>& events, std::uint32_t first_measured) {
    before_.reserve(events.size() + 1);
    before_.push_back(0);
    for (std::size_t seq = 0; seq < events.size(); ++seq)
      before_.push_back(before_.back() + (seq >= first_measured && published(events[seq])));
  }

  std::uint64_t total() const noexcept { return before_.back(); }
  std::uint64_t in(SeqRange range) const noexcept {
    const std::size_t end = before_.size() - 1;
    const std::size_t last = std::min<std::size_t>(range.last, end);
    return before_[last] - before_[std::min<std::size_t>(range.first, last)];
  }

 private:
  std::vector<std::uint32_t> before_;
};

void audit_fan_out(const std::vector<EventRecord>& events, std::uint32_t first_measured,
                   const std::vector<StreamRecord>& streams, Audit& out) {
  std::vector<std::uint32_t> ended_at(events.size() + 1);
  for (const StreamRecord& stream : streams)
    if (stream.ended) ++ended_at[std::min<std::size_t>(stream.next, events.size())];
  std::size_t alive = streams.size();
  for (std::size_t seq = 0; seq < events.size(); ++seq) {
    alive -= ended_at[seq];
    const EventRecord& event = events[seq];
    if (seq < first_measured || !published(event) || alive == 0) continue;
    if (event.reach.streams < alive)
      ++out.incomplete;
    else
      out.fan_out_ns.record(event.reach.last_ns - std::min(event.reach.last_ns, event.sent_ns));
  }
}

Audit audit_channel(const std::vector<EventRecord>& events, std::uint32_t first_measured,
                    const std::vector<StreamRecord>& streams) {
  Audit out;
  const PublishedCount count(events, first_measured);
  const auto total = static_cast<std::uint32_t>(events.size());
  out.published = count.total();
  out.expected = out.published * streams.size();
  for (const StreamRecord& stream : streams) {
    for (const SeqRange range : stream.missing) out.lost += count.in(range);
    (stream.ended ? out.missed : out.pending) += count.in({stream.next, total});
  }
  out.delivered = out.expected - out.undelivered();
  audit_fan_out(events, first_measured, streams, out);
  return out;
}

// What went to one channel and who listened there.
struct Share {
  std::vector<EventRecord> events;
  std::uint32_t warmup = 0;
  std::vector<StreamRecord> streams;
};

std::vector<Share> divide(const std::vector<EventRecord>& events, std::uint32_t first_measured,
                          const std::vector<StreamRecord>& streams, std::uint32_t channels) {
  std::vector<Share> shares(channels);
  for (std::size_t seq = 0; seq < events.size(); ++seq) {
    Share& share = shares[seq % channels];
    if (seq < first_measured) ++share.warmup;
    share.events.push_back(events[seq]);
  }
  for (const StreamRecord& stream : streams) shares[stream.channel].streams.push_back(stream);
  return shares;
}

}  // namespace

Audit& Audit::operator+=(const Audit& other) noexcept {
  published += other.published;
  expected += other.expected;
  delivered += other.delivered;
  lost += other.lost;
  pending += other.pending;
  missed += other.missed;
  fan_out_ns.merge(other.fan_out_ns);
  incomplete += other.incomplete;
  return *this;
}

Audit audit_deliveries(const std::vector<EventRecord>& events, std::uint32_t first_measured,
                       const std::vector<StreamRecord>& streams, std::uint32_t channels) {
  Audit out;
  for (const Share& share : divide(events, first_measured, streams, channels))
    out += audit_channel(share.events, share.warmup, share.streams);
  return out;
}

}  // namespace sse::bench
