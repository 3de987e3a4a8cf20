#include "formatter.hpp"

#include <time.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "client/stream_url.hpp"
#include "settings.hpp"
#include "stream_status.hpp"

namespace sse::tail {
namespace {

std::string time_of_day() {
  const time_t now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  std::array<char, sizeof "00:00:00"> text{};
  ::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  return text.data();
}

std::string next_gap(std::uint64_t& last) {
  const std::uint64_t now = monotonic_ms();
  const std::uint64_t before = std::exchange(last, now);
  return fmt::format("{:>8}", "+" + short_duration(before == 0 ? 0 : now - before));
}

std::function<std::string()> make_stamp(Stamp stamp) {
  switch (stamp) {
    case Stamp::gap:
      return [last = std::uint64_t{0}]() mutable { return next_gap(last); };
    case Stamp::none:
      return [] { return std::string(); };
    case Stamp::clock:
      break;
  }
  return &time_of_day;
}

}  // namespace

std::unique_ptr<Formatter> make_formatter(const Settings& settings) {
  switch (settings.output) {
    case Output::data:
      return make_data_formatter(settings.delimiter);
    case Output::json:
    case Output::json_data:
      return make_json_formatter({.lifecycle = settings.lifecycle,
                                  .embed_data = settings.output == Output::json_data,
                                  .delimiter = settings.delimiter});
    case Output::templated:
      return make_template_formatter(settings.output_template,
                                     client::display_url(settings.sources.front().request.url),
                                     settings.delimiter, &unix_ms);
    case Output::sse:
      return make_sse_formatter();
    case Output::raw:
      return make_raw_formatter();
    case Output::lint:
      return make_lint_formatter(&monotonic_ms);
    case Output::llm:  // its text is no matter of single events
    case Output::pretty:
      break;
  }
  return make_pretty_formatter(settings.color, make_stamp(settings.stamp));
}

}  // namespace sse::tail
