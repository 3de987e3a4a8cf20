#include "sse-bench/event_scanner.hpp"

#include <algorithm>

namespace sse::bench {
namespace {

using Mode = ScanState::Mode;
using Reading = PayloadCodec::Reading;

constexpr std::string_view kField = "data:";
constexpr std::size_t kSpaced = kField.size() + 1 + kStampSize;  // "data: @…:", as servers write it
static_assert(kSpaced == std::tuple_size_v<decltype(ScanState::head)>);

constexpr bool is_line_end(char c) noexcept { return c == '\n' || c == '\r'; }

std::size_t line_length(std::string_view text) noexcept {
  const std::string_view up_to_lf = text.substr(0, text.find('\n'));
  return std::min(up_to_lf.find('\r'), up_to_lf.size());
}

// How many bytes of the line decide what it is: those of another field need not be kept.
std::size_t head_bytes_wanted(const ScanState& state) noexcept {
  const std::string_view seen(state.head.data(), state.head_size);
  if (!kField.starts_with(seen.substr(0, kField.size()))) return seen.size();
  const bool spaced = seen.size() <= kField.size() || seen[kField.size()] == ' ';
  return spaced ? kSpaced : kSpaced - 1;
}

// A stamped payload is one line; with a second data line beside it, it was changed.
void begin_data_line(ScanState& state, Reading reading) noexcept {
  const bool stamped = reading != Reading::foreign || state.reading != Reading::foreign;
  state.reading = state.has_data && stamped ? Reading::corrupt : reading;
  state.has_data = true;
  state.padding_seen = 0;
  state.mode = reading == Reading::valid ? Mode::padding : Mode::skip;
}

}  // namespace

bool EventScanner::next(ScanState& state, std::string_view& rest,
                        ScannedEvent& out) const noexcept {
  while (!rest.empty()) {
    if (state.after_cr && rest[0] == '\n') rest.remove_prefix(1);
    state.after_cr = false;
    if (rest.empty()) break;
    if (state.mode != Mode::padding && is_line_end(rest[0])) {
      if (state.mode == Mode::head) judge_head(state);
      state.mode = Mode::line_end;
    }
    switch (state.mode) {
      case Mode::head:
        take_head(state, rest);
        break;
      case Mode::padding:
        take_padding(state, rest);
        break;
      case Mode::skip:
        rest.remove_prefix(line_length(rest));
        break;
      case Mode::line_end:
        if (end_line(state, rest, out)) return true;
        break;
    }
  }
  return false;
}

// The usual case: "data: " and the whole stamp lie in this read.
bool EventScanner::take_whole_head(ScanState& state, std::string_view& rest) const noexcept {
  if (state.in_line || rest.size() < kSpaced || !rest.starts_with("data: @")) return false;
  if (codec_.decode(rest.substr(kSpaced - kStampSize), state.stamp) != Reading::valid) return false;
  state.in_line = true;
  begin_data_line(state, Reading::valid);
  rest.remove_prefix(kSpaced);
  return true;
}

void EventScanner::take_head(ScanState& state, std::string_view& rest) const noexcept {
  if (take_whole_head(state, rest)) return;
  state.in_line = true;
  while (!rest.empty() && !is_line_end(rest[0]) && state.head_size < head_bytes_wanted(state)) {
    state.head[state.head_size++] = rest[0];
    rest.remove_prefix(1);
  }
  if (state.head_size >= head_bytes_wanted(state)) judge_head(state);
}

// Called once per line: when enough of it is there, or at its end.
void EventScanner::judge_head(ScanState& state) const noexcept {
  std::string_view line(state.head.data(), state.head_size);
  state.mode = Mode::skip;
  if (!line.starts_with(kField) && line != "data") return;
  line.remove_prefix(std::min(line.size(), kField.size()));
  if (line.starts_with(' ')) line.remove_prefix(1);
  begin_data_line(state, codec_.decode(line, state.stamp));
}

void EventScanner::take_padding(ScanState& state, std::string_view& rest) const noexcept {
  const std::string_view wanted = codec_.padding().substr(state.padding_seen);
  const std::size_t n = std::min(wanted.size(), rest.size());
  const bool same = wanted.substr(0, n) == rest.substr(0, n);
  const bool complete = same && n == wanted.size();
  if (same) {
    state.padding_seen += static_cast<std::uint32_t>(n);
    rest.remove_prefix(n);
  }
  if (complete && rest.empty()) return;  // the line end is still to come
  if (!same || !is_line_end(rest.empty() ? '\n' : rest[0])) state.reading = Reading::corrupt;
  if (!same || complete) state.mode = Mode::skip;
}

bool EventScanner::end_line(ScanState& state, std::string_view& rest,
                            ScannedEvent& out) const noexcept {
  state.after_cr = rest[0] == '\r';
  rest.remove_prefix(1);
  const bool dispatch = !state.in_line && state.has_data;
  if (dispatch) out = {state.reading, state.stamp};
  if (!state.in_line) {
    state.has_data = false;
    state.reading = Reading::foreign;
  }
  state.in_line = false;
  state.head_size = 0;
  state.mode = Mode::head;
  return dispatch;
}

}  // namespace sse::bench
