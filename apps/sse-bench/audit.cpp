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

}  // namespace

Audit audit_deliveries(const std::vector<EventRecord>& events, std::uint32_t first_measured,
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

}  // namespace sse::bench
