#include "sse-pub/template.hpp"

#include <cstdlib>

#include "base/rfc3339.hpp"
#include "sse-pub/uuid.hpp"

namespace sse::pub {
namespace {

constexpr std::string_view kEnvironment = "env:";
constexpr std::size_t kShownBytesMax = 40;

Result<std::string> value_of(std::string_view field, const TemplateValues& values) {
  if (field == "seq") return std::to_string(values.seq);
  if (field == "now") return format_rfc3339(values.now_ms);
  if (field == "uuid") return random_uuid();
  if (!field.starts_with(kEnvironment))
    return fail("unknown field {" + std::string(field.substr(0, kShownBytesMax)) +
                "}: there are {seq}, {now}, {uuid} and {env:NAME}; write {{ for a brace");
  const std::string name(field.substr(kEnvironment.size()));
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return fail("{env:" + name + "}: no such environment variable");
  return std::string(value);
}

Result<void> expand_field(const char* name, std::string& text, const TemplateValues& values) {
  auto expanded = expand_template(text, values);
  if (!expanded) return fail(std::string(name) + ": " + expanded.error().message);
  text = *std::move(expanded);
  return {};
}

}  // namespace

Result<std::string> expand_template(std::string_view text, const TemplateValues& values) {
  std::string out;
  while (true) {
    const std::size_t brace = text.find('{');
    out.append(text.substr(0, brace));
    if (brace == std::string_view::npos) return out;
    text.remove_prefix(brace + 1);
    if (text.starts_with('{')) {
      out += '{';
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return fail("{ without }: write {{ for a brace");
    auto value = value_of(text.substr(0, end), values);
    if (!value) return value;
    out += *value;
    text.remove_prefix(end + 1);
  }
}

Result<void> expand_event(OutgoingEvent& event, const TemplateValues& values) {
  if (auto done = expand_field("data", event.data, values); !done) return done;
  if (event.id)
    if (auto done = expand_field("id", *event.id, values); !done) return done;
  if (event.event)
    if (auto done = expand_field("event", *event.event, values); !done) return done;
  return {};
}

}  // namespace sse::pub
