// Any fields that pass validation, encoded, must be decoded to the same, line ends normalised; what
// does not pass must have the fault that is named. Input: a seed, which fields there are, their
// values one after the other, separated by 0xFE.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <sse/encoder.hpp>

#include "wire/reference_parser.hpp"
#include "wire/transcript.hpp"

using namespace sse;
using namespace sse::test;

namespace {

void require(bool holds, const char* what, const std::string& detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
  std::abort();
}

// The next value of the input.
std::string_view take(std::string_view& rest) {
  const std::size_t end = rest.find('\xFE');
  const std::string_view value = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return value;
}

EventFields fields_of(std::uint8_t which, std::uint8_t seed, std::string_view rest) {
  EventFields fields;
  if ((which & 1) != 0) fields.comment = take(rest);
  if ((which & 2) != 0) fields.id = take(rest);
  if ((which & 4) != 0) fields.event = take(rest);
  if ((which & 8) != 0) fields.retry_ms = std::uint64_t{seed} << (which % 40);
  if ((which & 16) == 0) fields.data = rest;
  return fields;
}

std::string_view value_of(const EventFields& fields, Field field) {
  if (field == Field::comment) return *fields.comment;
  if (field == Field::id) return *fields.id;
  return field == Field::event ? *fields.event : *fields.data;
}

void check_refused(const EventFields& fields, const FieldError& error) {
  const std::string_view value = value_of(fields, error.field);
  require(error.offset < value.size(), "offset beyond the value", error.message());
  const char c = value[error.offset];
  if (error.fault == FieldFault::nul) require(c == '\0', "no NUL there", error.message());
  if (error.fault == FieldFault::line_break)
    require(c == '\r' || c == '\n', "no line break there", error.message());
  if (error.fault == FieldFault::invalid_utf8)
    require(!is_valid_utf8(value) && is_valid_utf8(value.substr(0, error.offset)), "not there",
            error.message());
}

void check_accepted(const EventFields& fields, std::uint8_t seed) {
  std::string bytes = "data: before\n\n";
  encode(fields, bytes);
  encode({.data = "after"}, bytes);
  const Transcript seen = parse_pieces(bytes, 1 + seed % 70u);
  const auto events = seen.events();
  require(events.size() == (fields.data ? 3 : 2), "number of events", to_string(seen));
  require(events.back().text == "after" && events.back().type == "message", "the next event");
  require(seen.last_event_id == fields.id.value_or(""), "last event ID", to_string(seen));
  require(seen.reconnection_time_ms == fields.retry_ms, "reconnection time", to_string(seen));
  if (!fields.data) return;
  const std::string_view type = fields.event.value_or("");
  require(events[1].text == normalise_line_ends(*fields.data), "data", to_string(seen));
  require(events[1].type == (type.empty() ? "message" : type), "type", to_string(seen));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string values(data + 2, data + size);
  require(is_valid_utf8(values) == (reference_decode(values) == values), "UTF-8 validity", values);
  const EventFields fields = fields_of(data[1], data[0], values);
  if (const auto error = validate(fields)) {
    check_refused(fields, *error);
  } else {
    check_accepted(fields, data[0]);
  }
  return 0;
}
