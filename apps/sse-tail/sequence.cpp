#include "sequence.hpp"

#include <charconv>
#include <utility>

#include "json_value.hpp"
#include "printable.hpp"

namespace sse::tail {
namespace {

std::string field(std::string_view json, std::string_view pointer) {
  const auto found = JsonPointer::parse(pointer)->find(json);
  std::string text;
  if (found && *found != "null") append_printable(text, json_as_text(*found));
  return text;
}

}  // namespace

std::optional<Sequence::Place> Sequence::place_of(const Event& event) const {
  std::string text(event.last_event_id);
  if (in_data_) {
    const auto found = is_json(event.data) ? in_data_->find(event.data) : std::nullopt;
    if (!found) return std::nullopt;
    text = json_as_text(*found);
  }
  const std::size_t digits = text.find_last_not_of("0123456789") + 1;  // npos + 1 is 0
  Place place{.name = text.substr(0, digits)};
  const auto [end, error] =
      std::from_chars(text.data() + digits, text.data() + text.size(), place.number);
  return error == std::errc{} ? std::optional(std::move(place)) : std::nullopt;
}

Finding Sequence::check(const Event& event) {
  auto place = place_of(event);
  if (!place) return in_data_ ? Finding("an event without a sequence number") : std::nullopt;
  const std::optional<Place> before = std::exchange(last_, *place);
  if (!before || before->name != place->name || place->number == before->number + 1)
    return std::nullopt;
  // An event without an id of its own carries that of the event before it.
  if (!in_data_ && place->number == before->number) return std::nullopt;
  const std::string came =
      "number " + std::to_string(place->number) + " came after " + std::to_string(before->number);
  if (place->number <= before->number) return came;
  return came + ": " + std::to_string(place->number - before->number - 1) + " missing";
}

Finding reported_gap(const Event& event) {
  if (event.type != "gap" || !is_json(event.data)) return std::nullopt;
  const std::string reason = field(event.data, "/reason");
  const std::string missed = field(event.data, "/missed");
  if (reason.empty()) return std::nullopt;
  return "the server reports a gap: " +
         (missed.empty() ? "an unknown number of events" : missed + " events") + " missed (" +
         reason + ")";
}

}  // namespace sse::tail
