#include "sse-bench/summary.hpp"

#include <fmt/format.h>

namespace sse::bench {
namespace {

constexpr double kBusyMax = 0.9;
constexpr std::uint64_t kLagMaxNs = 5'000'000;

std::string busy_warning(const ThreadLoad& load) {
  if (load.running > kBusyMax)
    return fmt::format(
        "a reader thread was busy {:.0f} % of the time: the bench itself was the bottleneck "
        "(more --threads, fewer streams or a lower rate)",
        load.running * 100);
  if (load.running + load.waiting > kBusyMax)
    return fmt::format(
        "a reader thread ran {:.0f} % of the time and waited for a CPU another {:.0f} %: the "
        "machine is too small for the bench beside the server",
        load.running * 100, load.waiting * 100);
  return {};
}

std::string lag_warning(const Summary& s) {
  const auto lag = s.publisher_lag.quantile(0.99);
  if (s.publisher_stalls > 0)
    return fmt::format(
        "the publisher had to wait for answers {} times: the server does not keep up with the rate "
        "(see --unanswered-max)",
        s.publisher_stalls);
  if (lag && *lag > kLagMaxNs)
    return fmt::format("the publisher was late (p99 {}): the bench itself was the bottleneck",
                       format_time(*lag));
  return {};
}

std::string stamp_warning(const Summary& s) {
  if (s.foreign == 0 || s.audit.delivered > 0 || s.audit.published == 0) return {};
  return fmt::format(
      "{} events came, but none with the payload that was published: the server changes it, or "
      "the channels differ",
      s.foreign);
}

}  // namespace

std::optional<std::uint64_t> Distribution::quantile(double q) const noexcept {
  const std::uint64_t rank = quantile_rank(q, count());
  if (rank > values.count()) return std::nullopt;
  return values.value_at_rank(rank);
}

std::vector<std::string> find_warnings(const Summary& s) {
  std::vector<std::string> out;
  for (std::string warning : {busy_warning(s.reader), lag_warning(s), stamp_warning(s)})
    if (!warning.empty()) out.push_back(std::move(warning));
  return out;
}

std::string format_time(std::uint64_t ns) {
  struct Unit {
    double scale;
    const char* name;
  };
  double value = static_cast<double>(ns);
  const char* unit = "ns";
  for (const Unit next : {Unit{1e3, "us"}, Unit{1e6, "ms"}, Unit{1e9, "s"}}) {
    if (static_cast<double>(ns) < next.scale * 0.9995) break;
    value = static_cast<double>(ns) / next.scale;
    unit = next.name;
  }
  const int decimals = unit == std::string_view("ns") || value >= 99.95 ? 0
                       : value >= 9.995                                 ? 1
                                                                        : 2;
  return fmt::format("{:.{}f} {}", value, decimals, unit);
}

}  // namespace sse::bench
