#include "base/rfc3339.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace sse {
namespace {

// Exactly `width` digits at the front of the text, taken off it; -1 when there are none.
int take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return -1;
  int value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

int take_milliseconds(std::string_view& text) {
  if (!take(text, ".")) return 0;
  int value = 0;
  int digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
    if (digits++ < 3) value = value * 10 + (text.front() - '0');
  for (int i = digits; i < 3; ++i) value *= 10;
  return digits == 0 ? -1 : value;
}

// Minutes east of UTC; `ok` says whether the text ends with a valid zone.
int take_zone(std::string_view& text, bool& ok) {
  ok = true;
  if (take(text, "Zz")) return 0;
  const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
  ok = take(text, "+-");
  const int hours = ok ? take_digits(text, 2) : -1;
  ok = ok && take(text, ":");
  const int minutes = ok ? take_digits(text, 2) : -1;
  ok = ok && hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
  return sign * (hours * 60 + minutes);
}

}  // namespace

Result<std::uint64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const std::string bad = "'" + std::string(text) + "' is not an RFC 3339 time";
  const int y = take_digits(text, 4);
  bool ok = y >= 1970 && take(text, "-");
  const int mo = ok ? take_digits(text, 2) : -1;
  ok = ok && take(text, "-");
  const int d = ok ? take_digits(text, 2) : -1;
  ok = ok && take(text, "Tt ");
  const int h = ok ? take_digits(text, 2) : -1;
  ok = ok && take(text, ":");
  const int mi = ok ? take_digits(text, 2) : -1;
  ok = ok && take(text, ":");
  const int s = ok ? take_digits(text, 2) : -1;
  if (!ok || mo < 1 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60)
    return fail(bad);
  const int ms = take_milliseconds(text);
  const int zone = take_zone(text, ok);
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!ok || ms < 0 || !text.empty() || !date.ok()) return fail(bad);
  const auto time = sys_days{date} + hours{h} + minutes{mi - zone} + seconds{s} + milliseconds{ms};
  const auto count = duration_cast<milliseconds>(time.time_since_epoch()).count();
  return count < 0 ? 0u : static_cast<std::uint64_t>(count);
}

std::string format_rfc3339(std::uint64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds{unix_ms}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 40> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace sse
