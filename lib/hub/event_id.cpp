#include "hub/event_id.hpp"

#include <algorithm>
#include <charconv>

#include "base/random.hpp"

namespace sse::hub {

namespace {

constexpr std::size_t kEpochBytesMax = 16;

bool is_epoch_char(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

std::optional<Seq> parse_seq(std::string_view digits) noexcept {
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  Seq seq = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, seq);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return seq;
}

}  // namespace

bool is_epoch(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kEpochBytesMax && std::ranges::all_of(text, is_epoch_char);
}

std::optional<EventId> parse_event_id(std::string_view text) noexcept {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || !is_epoch(text.substr(0, dash))) return std::nullopt;
  const auto seq = parse_seq(text.substr(dash + 1));
  if (!seq) return std::nullopt;
  return EventId{text.substr(0, dash), *seq};
}

std::string format_event_id(std::string_view epoch, Seq seq) {
  std::string id(epoch);
  id += '-';
  id += std::to_string(seq);
  return id;
}

std::string new_epoch(std::uint64_t unix_now_ms) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr int kChances = 3;
  std::string text;
  for (std::uint64_t ms = unix_now_ms; ms > 0; ms /= kDigits.size())
    text.insert(0, 1, kDigits[ms % kDigits.size()]);
  for (int i = 0; i < kChances; ++i) text += kDigits[random_below(kDigits.size())];
  return text;
}

}  // namespace sse::hub
