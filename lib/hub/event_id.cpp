#include "hub/event_id.hpp"

#include <algorithm>
#include <charconv>

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

}  // namespace sse::hub
