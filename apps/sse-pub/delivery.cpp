#include "sse-pub/delivery.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "sse-pub/interrupt.hpp"

namespace sse::pub {
namespace {

using Outcome = BatchResult::Outcome;

std::string retry_notice(const std::string& target, const BatchResult& failure,
                         std::chrono::milliseconds retry_time) {
  return target + ": " + failure.reason + "; trying again for " + format_duration(retry_time);
}

}  // namespace

Delivery::Next Delivery::wait_to_retry(const BatchResult& failure) {
  if (!failure.may_pass() || options_.retry_time.count() == 0) return Next::give_up;
  const std::uint64_t now = monotonic_ms();
  if (outage_.begin(now) && options_.notice)
    options_.notice(retry_notice(sender_.target().name(), failure, options_.retry_time));
  if (now >= outage_.end_ms()) return Next::give_up;
  const auto pause = std::min(outage_.next_pause_ms(), outage_.end_ms() - now);
  return wait_readable(options_.interrupt_fd, -1, static_cast<int>(pause)) ? Next::interrupted
                                                                           : Next::again;
}

// `left`: events without an answer.
void Delivery::give_up(const BatchResult& failure, Next why, std::size_t left) {
  tally_.outcome = why == Next::interrupted ? Outcome::interrupted : failure.outcome;
  tally_.reason = failure.reason;
  tally_.unknown += failure.unknown;
  tally_.not_sent += left - failure.unknown;
}

bool Delivery::start() {
  while (true) {
    const BatchResult result = sender_.target().connect();
    if (result.outcome == Outcome::accepted) break;
    const Next next = wait_to_retry(result);
    if (next == Next::again) continue;
    give_up(result, next, 0);
    return false;
  }
  outage_.end();
  return true;
}

bool Delivery::send(const Batch& batch) {
  for (Batch left = batch; !left.empty();) {
    const BatchResult result = sender_.send(left, tally_);
    left = left.after(result.accepted + result.refused);
    if (result.accepted > 0) outage_.end();
    if (result.outcome == Outcome::accepted) break;
    const Next next = wait_to_retry(result);
    if (next == Next::again) continue;
    give_up(result, next, left.size());
    return false;
  }
  outage_.end();
  return true;
}

}  // namespace sse::pub
