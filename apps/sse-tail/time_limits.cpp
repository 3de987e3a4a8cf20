#include "time_limits.hpp"

namespace sse::tail {

TimeLimits::TimeLimits(const Options& options, std::uint64_t now)
    : options_(options), started_(now), last_bytes_(now) {}

std::optional<TimeLimits::Limit> TimeLimits::nearest() const {
  std::optional<Limit> first;
  const auto consider = [&](std::string_view name, std::uint64_t from,
                            std::chrono::milliseconds limit) {
    const std::uint64_t at = from + static_cast<std::uint64_t>(limit.count());
    if (limit.count() > 0 && (!first || at < first->at)) first = Limit{name, at};
  };
  consider("timeout", started_, options_.timeout);
  consider("idle", last_bytes_, options_.idle);
  if (waiting_for_first_) consider("first_event", started_, options_.first_event);
  return first;
}

std::optional<std::uint64_t> TimeLimits::deadline() const {
  const auto limit = nearest();
  return limit ? std::optional(limit->at) : std::nullopt;
}

std::optional<std::string_view> TimeLimits::reached(std::uint64_t now) const {
  const auto limit = nearest();
  return limit && limit->at <= now ? std::optional(limit->name) : std::nullopt;
}

}  // namespace sse::tail
