#include "sse-pub/json_reader.hpp"

#include <nlohmann/json.hpp>

#include "base/rfc3339.hpp"

namespace sse::pub {
namespace {

using Json = nlohmann::json;

// The string member `name`; absent or empty leaves `out` as it is.
Result<void> take_text(const Json& object, const char* name, std::optional<std::string>& out) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (!found->is_string()) return fail(std::string(name) + ": not a JSON string");
  if (const auto& text = found->get_ref<const std::string&>(); !text.empty()) out = text;
  return {};
}

Result<void> take_retry(const Json& object, std::optional<std::uint64_t>& out) {
  const auto found = object.find("retry");
  if (found == object.end()) return {};
  if (!found->is_number_unsigned()) return fail("retry: not a whole number of milliseconds");
  out = found->get<std::uint64_t>();
  return {};
}

Result<void> take_time(const Json& object, std::optional<std::uint64_t>& out) {
  const auto found = object.find("time");
  if (found == object.end()) return {};
  if (found->is_number_unsigned()) {
    out = found->get<std::uint64_t>();
    return {};
  }
  if (!found->is_string())
    return fail("time: neither an RFC 3339 time nor milliseconds since 1970");
  const auto time = parse_rfc3339(found->get_ref<const std::string&>());
  if (!time) return fail("time: " + time.error().message);
  out = *time;
  return {};
}

Result<void> take_data(const Json& object, std::string& out) {
  const auto found = object.find("data");
  if (found == object.end()) return fail("data: missing");
  if (!found->is_string()) return fail("data: not a JSON string");
  out = found->get_ref<const std::string&>();
  return {};
}

Result<OutgoingEvent> to_event(const Json& object) {
  OutgoingEvent event;
  std::optional<std::string> channel;
  for (const auto& taken :
       {take_data(object, event.data), take_text(object, "event", event.event),
        take_text(object, "id", event.id), take_text(object, "channel", channel),
        take_retry(object, event.retry_ms)})
    if (!taken) return tl::unexpected(taken.error());
  event.channel = channel.value_or(std::string());
  return event;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

RecordCutter::Sink JsonReader::into(std::vector<OutgoingEvent>& out) const {
  return [&out, times = times_](std::string_view line, std::size_t number) -> Result<void> {
    if (is_blank(line)) return {};
    const std::string where = "line " + std::to_string(number) + ": ";
    const Json object = Json::parse(line.begin(), line.end(), nullptr, false);
    if (!object.is_object()) return fail(where + "not a JSON object");
    if (object.contains("kind")) return {};
    auto event = to_event(object);
    if (!event) return fail(where + event.error().message);
    if (times == Times::read)
      if (auto time = take_time(object, event->time_ms); !time)
        return fail(where + time.error().message);
    event->number = number;
    out.push_back(*std::move(event));
    return {};
  };
}

Result<void> JsonReader::feed(std::string_view bytes, std::vector<OutgoingEvent>& out) {
  return cutter_.feed(bytes, into(out));
}

Result<void> JsonReader::finish(std::vector<OutgoingEvent>& out) {
  return cutter_.finish(into(out));
}

}  // namespace sse::pub
