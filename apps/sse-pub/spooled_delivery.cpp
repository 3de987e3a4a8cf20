#include "sse-pub/spooled_delivery.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "sse-pub/interrupt.hpp"

namespace sse::pub {

bool SpooledDelivery::check(const Result<void>& done) {
  if (!done) tally_.spool_error = done.error().message;
  return done.has_value();
}

bool SpooledDelivery::is_interrupted() const { return wait_readable(options_.interrupt_fd, -1, 0); }

bool SpooledDelivery::send(const Batch& batch) {
  if (batch.empty()) return true;
  if (check(spool_.append(batch))) return work();
  tally_.not_sent += batch.size();
  return false;
}

int SpooledDelivery::idle_ms() const {
  if (spool_.unsent() == 0 || refused_) return -1;
  const std::uint64_t now = monotonic_ms();
  return static_cast<int>(next_try_ms_ - std::min(next_try_ms_, now));
}

// Sends what can be sent now.
bool SpooledDelivery::work() {
  while (idle_ms() == 0 && !is_interrupted())
    if (!send_oldest()) return false;
  tally_.spooled = spool_.unsent();
  return true;
}

bool SpooledDelivery::send_oldest() {
  const auto run = spool_.read(sending_.events_max, sending_.bytes_max);
  if (!run) return check(tl::unexpected(run.error()));
  const BatchResult result = sender_.send(run->batch(), tally_);
  if (result.accepted > 0) {
    outage_.end();
    told_ = false;
  }
  if (result.outcome != BatchResult::Outcome::accepted) put_off(result);
  return check(spool_.forget(*run, result.accepted_first));
}

// One failure may be a hiccup; from the second on it is an outage worth a message.
void SpooledDelivery::put_off(const BatchResult& failure) {
  failure_ = failure;
  refused_ = !failure.may_pass() && failure.outcome != BatchResult::Outcome::interrupted;
  const bool first = outage_.begin(monotonic_ms());
  next_try_ms_ = monotonic_ms() + outage_.next_pause_ms();
  if (refused_ || first || std::exchange(told_, true) || !options_.notice) return;
  options_.notice(sender_.target().name() + ": " + failure.reason +
                  "; events are kept in the spool " + spool_.folder() + " meanwhile");
}

void SpooledDelivery::finish() {
  while (spool_.unsent() > 0 && !refused_ && outage_.is_on() && tally_.spool_error.empty()) {
    const std::uint64_t now = monotonic_ms();
    if (now >= outage_.end_ms()) break;
    const auto pause =
        std::min<std::uint64_t>(static_cast<std::uint64_t>(idle_ms()), outage_.end_ms() - now);
    if (wait_readable(options_.interrupt_fd, -1, static_cast<int>(pause))) break;
    work();
  }
  tally_.spooled = spool_.unsent();
  tally_.reason = failure_.reason;
  if (refused_ || (tally_.spooled > 0 && sending_.must_empty)) tally_.outcome = failure_.outcome;
}

}  // namespace sse::pub
