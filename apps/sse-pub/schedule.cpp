#include "sse-pub/schedule.hpp"

#include <algorithm>

namespace sse::pub {
namespace {

constexpr double kDueMaxNs = 1e18;  // thirty years; what is later never comes

}  // namespace

Schedule Schedule::steady(double per_second) {
  Schedule out;
  out.interval_ns_ = 1e9 / per_second;
  return out;
}

Schedule Schedule::recorded(double speed) {
  Schedule out;
  out.ns_per_recorded_ms_ = 1e6 / speed;
  return out;
}

std::uint64_t Schedule::next_due_ns(const OutgoingEvent& event) {
  double due = interval_ns_ * static_cast<double>(index_++);
  if (ns_per_recorded_ms_ > 0 && event.time_ms) {
    if (!first_ms_) first_ms_ = *event.time_ms;
    due = (static_cast<double>(*event.time_ms) - static_cast<double>(*first_ms_)) *
          ns_per_recorded_ms_;
  }
  return static_cast<std::uint64_t>(std::clamp(due, 0.0, kDueMaxNs));
}

}  // namespace sse::pub
