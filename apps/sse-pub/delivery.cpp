#include "sse-pub/delivery.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "sse-pub/interrupt.hpp"

namespace sse::pub {
namespace {

using Outcome = BatchResult::Outcome;

constexpr std::uint64_t kBackoffFirstMs = 50;
constexpr std::uint64_t kBackoffMaxMs = 2000;

bool may_pass(Outcome outcome) {
  return outcome == Outcome::unreachable || outcome == Outcome::not_now || outcome == Outcome::lost;
}

std::string retry_notice(const std::string& target, const BatchResult& failure,
                         std::chrono::milliseconds retry_time) {
  return target + ": " + failure.reason + "; trying again for " + format_duration(retry_time);
}

}  // namespace

// One go at the batch; those with an answer are cut off the front.
BatchResult Delivery::attempt(Batch& batch) {
  BatchResult result = target_.send(batch);
  tally_.accepted += result.accepted;
  tally_.refused += result.refused;
  batch = batch.after(result.accepted + result.refused);
  if (options_.answers != nullptr) {
    for (const std::string& line : result.answers)
      std::fprintf(options_.answers, "%s\n", line.c_str());
    std::fflush(options_.answers);
  }
  if (result.accepted > 0) outage_since_ms_ = 0;
  return result;
}

Delivery::Next Delivery::wait_to_retry(const BatchResult& failure) {
  if (!may_pass(failure.outcome) || options_.retry_time.count() == 0) return Next::give_up;
  const std::uint64_t now = monotonic_ms();
  if (outage_since_ms_ == 0) {
    outage_since_ms_ = now;
    backoff_ms_ = kBackoffFirstMs;
    if (options_.notice)
      options_.notice(retry_notice(target_.name(), failure, options_.retry_time));
  }
  const std::uint64_t end =
      outage_since_ms_ + static_cast<std::uint64_t>(options_.retry_time.count());
  if (now >= end) return Next::give_up;
  const auto pause = static_cast<int>(std::min(backoff_ms_, end - now));
  backoff_ms_ = std::min(backoff_ms_ * 2, kBackoffMaxMs);
  return wait_readable(options_.interrupt_fd, -1, pause) ? Next::interrupted : Next::again;
}

// `left`: events without an answer.
void Delivery::give_up(const BatchResult& failure, Next why, std::size_t left) {
  tally_.outcome = why == Next::interrupted ? Outcome::interrupted : failure.outcome;
  tally_.reason = failure.reason;
  tally_.unknown += failure.unknown;
  tally_.not_sent += left - failure.unknown;
}

bool Delivery::connect() {
  while (true) {
    const BatchResult result = target_.connect();
    if (result.outcome == Outcome::accepted) break;
    const Next next = wait_to_retry(result);
    if (next == Next::again) continue;
    give_up(result, next, 0);
    return false;
  }
  outage_since_ms_ = 0;
  return true;
}

bool Delivery::send(const Batch& batch) {
  for (Batch left = batch; !left.empty();) {
    const BatchResult result = attempt(left);
    if (result.outcome == Outcome::accepted) break;
    const Next next = wait_to_retry(result);
    if (next == Next::again) continue;
    give_up(result, next, left.size());
    return false;
  }
  outage_since_ms_ = 0;
  return true;
}

}  // namespace sse::pub
