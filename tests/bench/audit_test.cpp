#include "sse-bench/audit.hpp"

#include <vector>

#include <doctest/doctest.h>

using sse::bench::Audit;
using sse::bench::audit_deliveries;
using sse::bench::EventRecord;
using sse::bench::StreamRecord;

namespace {

EventRecord event(std::uint32_t streams, bool accepted = true, std::uint64_t last_ns = 150) {
  return {100, accepted, {streams, last_ns}};
}

StreamRecord open_at(std::uint32_t next) { return {false, next, {}}; }

}  // namespace

TEST_CASE("all delivered: nothing is missing, each event completes") {
  const Audit audit =
      audit_deliveries({event(2), event(2), event(2, true, 300)}, 0, {open_at(3), open_at(3)});
  CHECK(audit.published == 3);
  CHECK(audit.expected == 6);
  CHECK(audit.delivered == 6);
  CHECK(audit.undelivered() == 0);
  CHECK(audit.fan_out_ns.count() == 3);
  CHECK(audit.fan_out_ns.min() == 50);
  CHECK(audit.fan_out_ns.max() == 200);
  CHECK(audit.incomplete == 0);
}

TEST_CASE("a hole is lost, a missing tail is pending") {
  const Audit audit = audit_deliveries({event(2), event(1), event(2), event(1)}, 0,
                                       {{false, 4, {{1, 2}}}, open_at(3)});
  CHECK(audit.lost == 1);
  CHECK(audit.pending == 1);
  CHECK(audit.missed == 0);
  CHECK(audit.delivered == 6);
  CHECK(audit.incomplete == 2);
  CHECK(audit.fan_out_ns.count() == 2);
}

TEST_CASE("a stream that ended misses the rest, but no longer holds up the fan-out") {
  const Audit audit =
      audit_deliveries({event(2), event(1), event(1)}, 0, {open_at(3), {true, 1, {}}});
  CHECK(audit.expected == 6);
  CHECK(audit.missed == 2);
  CHECK(audit.pending == 0);
  CHECK(audit.delivered == 4);
  CHECK(audit.incomplete == 0);
  CHECK(audit.fan_out_ns.count() == 3);
}

TEST_CASE("warm-up is not measured") {
  const Audit audit = audit_deliveries({event(0), event(1), event(1)}, 2, {{false, 3, {{0, 1}}}});
  CHECK(audit.published == 1);
  CHECK(audit.expected == 1);
  CHECK(audit.lost == 0);
  CHECK(audit.delivered == 1);
}

TEST_CASE("a refused event is expected by nobody, unless it arrived all the same") {
  const Audit refused = audit_deliveries({event(1), event(0, false)}, 0, {open_at(1)});
  CHECK(refused.published == 1);
  CHECK(refused.undelivered() == 0);
  CHECK(refused.incomplete == 0);
  const Audit arrived = audit_deliveries({event(2), event(1, false)}, 0, {open_at(2), open_at(1)});
  CHECK(arrived.published == 2);
  CHECK(arrived.pending == 1);
}

TEST_CASE("nothing measured, nothing expected") {
  CHECK(audit_deliveries({event(1)}, UINT32_MAX, {open_at(1)}).expected == 0);
  CHECK(audit_deliveries({}, 0, {open_at(0)}).expected == 0);
}

TEST_CASE("events and streams of several channels are matched channel by channel") {
  // Three channels; the second has two streams, of which one lost the warm-up and one the last.
  const std::vector<EventRecord> events = {event(1), event(1), event(1), event(1, true, 300),
                                           event(1)};
  const Audit audit = audit_deliveries(
      events, 2, {{false, 2, {}, 0}, {false, 2, {{0, 1}}, 1}, {false, 1, {}, 1}, {false, 1, {}, 2}},
      3);
  CHECK(audit.published == 3);
  CHECK(audit.expected == 4);
  CHECK(audit.delivered == 3);
  CHECK(audit.lost == 0);
  CHECK(audit.pending == 1);
  CHECK(audit.incomplete == 1);
  CHECK(audit.fan_out_ns.count() == 2);
  CHECK(audit.fan_out_ns.max() == 200);
}
