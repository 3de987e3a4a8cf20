#include "http/negotiation.hpp"

#include <algorithm>

#include "http/ascii.hpp"

namespace sse::http {
namespace {

constexpr int kFullWeight = 1000;

/// qvalue, RFC 9110 section 12.4.2: 0 to 1 with up to three decimals, in thousandths.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = text[0] == '1' ? kFullWeight : 0;
  int scale = kFullWeight / 10;
  for (char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!contains(kDigits, c)) return std::nullopt;
    weight += (c - '0') * scale;
    scale /= 10;
  }
  if (weight > kFullWeight) return std::nullopt;
  return weight;
}

/// Cuts the next part off a list, not at separators inside quotes.
std::string_view next_unquoted(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (quoted && rest[end] == '\\') ++end;
  }
  end = std::min(end, rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return trim(part);
}

/// The weight parameter of a media range; nothing if there is a malformed one.
std::optional<int> range_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = next_unquoted(parameters, ';');
    if (iequals(trim(next_part(value, '=')), "q")) return parse_weight(trim(value));
  }
  return kFullWeight;
}

/// How closely a media range matches: 3 exactly, 2 type/*, 1 */*, 0 not.
int closeness(std::string_view range, std::string_view media_type) {
  if (iequals(range, media_type)) return 3;
  if (range == "*/*") return 1;
  const std::size_t slash = media_type.find('/');
  const bool any_subtype = range.size() == slash + 2 && range.substr(slash) == "/*";
  return any_subtype && iequals(range.substr(0, slash), media_type.substr(0, slash)) ? 2 : 0;
}

}  // namespace

std::string media_type_essence(std::string_view value) {
  const std::string_view essence = trim(value.substr(0, value.find(';')));
  const std::size_t slash = essence.find('/');
  if (slash == std::string_view::npos) return {};
  if (!is_token(essence.substr(0, slash)) || !is_token(essence.substr(slash + 1))) return {};
  return lower(essence);
}

int accept_weight(std::string_view accept, std::string_view media_type) {
  if (trim(accept).empty()) return kFullWeight;
  int best_closeness = 0;
  int weight = 0;
  while (!accept.empty()) {
    std::string_view parameters = next_unquoted(accept, ',');
    const int close = closeness(next_unquoted(parameters, ';'), media_type);
    if (close == 0 || close < best_closeness) continue;
    const std::optional<int> q = range_weight(parameters);
    if (!q) continue;
    weight = close > best_closeness ? *q : std::max(weight, *q);
    best_closeness = close;
  }
  return weight;
}

bool accepts_event_stream(const Request& request) {
  return accept_weight(request.joined_header("Accept"), "text/event-stream") > 0;
}

bool prefers(const Request& request, std::string_view media_type) {
  const std::string accept = request.joined_header("Accept");
  return accept_weight(accept, media_type) > accept_weight(accept, "text/event-stream");
}

}  // namespace sse::http
