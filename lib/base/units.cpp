#include "base/units.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace sse {
namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t scale;
};

constexpr std::array kDurations{Unit{"d", 86'400'000'000'000},
                                Unit{"h", 3'600'000'000'000},
                                Unit{"m", 60'000'000'000},
                                Unit{"s", 1'000'000'000},
                                Unit{"ms", 1'000'000},
                                Unit{"us", 1'000},
                                Unit{"ns", 1}};
constexpr std::array kSizes{Unit{"g", 1u << 30}, Unit{"m", 1u << 20}, Unit{"k", 1u << 10},
                            Unit{"", 1}};

struct Number {
  double value;
  std::string_view suffix;
};

// Splits "1.5s" into its number and what follows; no sign, no exponent.
bool split(std::string_view text, Number& out) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + end, out.value, std::chars_format::fixed);
  out.suffix = text.substr(end);
  return end > 0 && text[0] != '.' && error == std::errc{} && stop == text.data() + end;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

template <std::size_t N>
std::string shortest(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units)
    if (value % unit.scale == 0) return std::to_string(value / unit.scale).append(unit.suffix);
  return std::to_string(value);
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  Number number{};
  if (!split(text, number)) return fail("'" + std::string(text) + "' is not a duration like 10s");
  if (number.suffix.empty() && number.value == 0) return std::chrono::nanoseconds{0};
  for (const Unit& unit : kDurations) {
    if (number.suffix != unit.suffix) continue;
    const double ns = number.value * static_cast<double>(unit.scale);
    if (ns >= 9.2e18) return fail("'" + std::string(text) + "' is too long a duration");
    return std::chrono::nanoseconds{static_cast<std::int64_t>(ns)};
  }
  return fail("'" + std::string(text) + "' needs a unit: ns, us, ms, s, m, h or d");
}

Result<std::uint64_t> parse_size(std::string_view text) {
  Number number{};
  if (!split(text, number)) return fail("'" + std::string(text) + "' is not a size like 64k");
  std::string suffix = lower(number.suffix);
  if (suffix.size() > 1 && suffix.ends_with("ib")) suffix.resize(suffix.size() - 2);
  if (suffix.ends_with('b')) suffix.pop_back();
  for (const Unit& unit : kSizes) {
    if (suffix != unit.suffix) continue;
    const double bytes = number.value * static_cast<double>(unit.scale);
    if (bytes >= 9.2e18) return fail("'" + std::string(text) + "' is too large a size");
    return static_cast<std::uint64_t>(bytes);
  }
  return fail("'" + std::string(text) + "' has an unknown unit: use k, m or g");
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const auto ns = static_cast<std::uint64_t>(duration.count());
  return ns == 0 ? "0s" : shortest(ns, kDurations);
}

std::string format_size(std::uint64_t bytes) { return bytes == 0 ? "0" : shortest(bytes, kSizes); }

}  // namespace sse
