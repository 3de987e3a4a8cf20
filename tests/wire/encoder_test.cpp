// The encoder and its validation: tests/data/encoder.json and the exact bytes.
#include <doctest/doctest.h>

#include <sse/encoder.hpp>

#include "wire/conformance_data.hpp"
#include "wire/reference_parser.hpp"

namespace sse::test {
namespace {

using nlohmann::json;

std::string encoded(const EventFields& fields) {
  std::string out;
  encode(fields, out);
  return out;
}

/// A case's input as fields; owns the strings.
struct Input {
  std::optional<std::string> comment, id, event, data;
  std::optional<std::uint64_t> retry_ms;
  EventFields fields() const { return {comment, id, event, retry_ms, data}; }
};

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

Input to_input(const json& input) {
  Input out;
  const auto text = [&input](const char* name) {
    return input.contains(name) ? std::optional(input[name].get<std::string>()) : std::nullopt;
  };
  out.comment = text("comment");
  out.id = text("id");
  out.event = text("event");
  out.data = text("data");
  if (input.contains("data_bytes")) out.data = from_hex(input["data_bytes"]);
  // A lone surrogate as a careless JSON decoder writes it.
  if (input.contains("data_json")) out.data = "\xED\xA0\x80";
  if (input.contains("retry")) out.retry_ms = input["retry"].get<std::uint64_t>();
  return out;
}

// A retry that is no unsigned integer cannot be written down in EventFields: the type refuses it.
bool is_expressible(const json& input) {
  return !input.contains("retry") || input["retry"].is_number_unsigned();
}

void check_decoded(const json& entry, const Input& input) {
  REQUIRE_FALSE(validate(input.fields()));
  const Transcript seen = parse_whole(encoded(input.fields()));
  CHECK(seen.events() == expected_events(entry.at("decoded_events")));
  CHECK(seen.last_event_id == input.id.value_or(""));
  CHECK(seen.reconnection_time_ms == input.retry_ms);
  const bool same = !input.data || normalise_line_ends(*input.data) == *input.data;
  CHECK(same == (entry.at("expect") == "roundtrip"));
}

void check_rejected(const json& entry, const Input& input) {
  const auto error = validate(input.fields());
  REQUIRE(error);
  if (entry.at("expect") == "policy") {
    CHECK(error->field == Field::data);
    CHECK(error->fault == FieldFault::invalid_utf8);
  } else {
    CHECK(error->field == (input.id ? Field::id : Field::event));
    CHECK(error->offset == 1);
  }
}

TEST_CASE("encoder.json: decoded again, or refused by field") {
  std::size_t inexpressible = 0;
  const json cases = load_data("encoder.json");
  REQUIRE(cases.size() == 41);
  for (const json& entry : cases) {
    CAPTURE(entry.at("name").get<std::string>());
    if (!is_expressible(entry.at("input"))) {
      CHECK(entry.at("expect") == "reject");
      ++inexpressible;
      continue;
    }
    const Input input = to_input(entry.at("input"));
    const bool accepted = entry.at("expect") == "roundtrip" || entry.at("expect") == "normalised";
    accepted ? check_decoded(entry, input) : check_rejected(entry, input);
  }
  CHECK(inexpressible == 2);
}

TEST_CASE("the bytes of a block: fields in one order, one space, a blank line") {
  CHECK(encoded({.comment = "c", .id = "1", .event = "e", .retry_ms = 3000, .data = "a\nb"}) ==
        ": c\nid: 1\nevent: e\nretry: 3000\ndata: a\ndata: b\n\n");
  CHECK(encoded({.retry_ms = UINT64_MAX}) == "retry: 18446744073709551615\n\n");
}

TEST_CASE("empty values and absent ones") {
  CHECK(encoded({.comment = "", .id = "", .data = ""}) == ":\nid:\ndata:\n\n");
  CHECK(encoded({.event = "", .data = "x"}) == "data: x\n\n");
  CHECK(encoded({.event = "message", .data = "x"}) == "data: x\n\n");
  CHECK(encoded({}) == "\n");
}

TEST_CASE("data is split at CRLF, CR and LF, also at its ends") {
  CHECK(encoded({.data = "\na\r\n\rb\n"}) == "data:\ndata: a\ndata:\ndata: b\ndata:\n\n");
  CHECK(encoded({.data = "\r\n"}) == "data:\ndata:\n\n");
  CHECK(encoded({.data = " a"}) == "data:  a\n\n");
}

TEST_CASE("encode appends, and reserves what it needs at once") {
  std::string out = "before\n";
  encode({.data = "x"}, out);
  CHECK(out == "before\ndata: x\n\n");
  std::string large;
  const std::string lines(1000, '\n');
  encode({.data = lines}, large);
  CHECK(large.size() == 1001 * 6 + 1);
  CHECK(large.capacity() == large.size());
}

void check_fault(const EventFields& fields, Field field, FieldFault fault, std::size_t offset) {
  const auto error = validate(fields);
  REQUIRE(error);
  CHECK(error->field == field);
  CHECK(error->fault == fault);
  CHECK(error->offset == offset);
}

TEST_CASE("a fault is told by field, kind and byte") {
  using namespace std::string_view_literals;
  check_fault({.id = "ab\rc"}, Field::id, FieldFault::line_break, 2);
  check_fault({.id = "ab\0c"sv}, Field::id, FieldFault::nul, 2);
  check_fault({.event = "\n"}, Field::event, FieldFault::line_break, 0);
  check_fault({.event = "a\xFF\n"}, Field::event, FieldFault::invalid_utf8, 1);
  check_fault({.event = "a\n\xFF"}, Field::event, FieldFault::line_break, 1);
  check_fault({.comment = "\xC3"}, Field::comment, FieldFault::invalid_utf8, 0);
  check_fault({.data = "0123456789abcdef\xE2\x82"}, Field::data, FieldFault::invalid_utf8, 16);
  check_fault({.id = "\n", .data = "\xFF"}, Field::id, FieldFault::line_break, 0);
  CHECK(validate({.id = "ab\rc"})->message() == "id: line break at byte 2");
  CHECK(validate({.event = "\0"sv})->message() == "event: NUL at byte 0");
  CHECK(validate({.data = "x\x80"})->message() == "data: invalid UTF-8 at byte 1");
}

TEST_CASE("UTF-8 is well-formed exactly when a decoder replaces nothing") {
  CHECK(is_valid_utf8(""));
  // Every sequence of two lead bytes and two others of interest, behind some ASCII.
  const std::string interesting =
      "\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xE1\xEC\xED"
      "\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xF7\xF8\xFF";
  for (const char a : interesting)
    for (const char b : interesting)
      for (const char c : interesting)
        for (const char d : interesting) {
          const std::string bytes{'x', a, b, c, d};
          if (is_valid_utf8(bytes) != (reference_decode(bytes) == bytes)) FAIL_CHECK(bytes);
        }
}

}  // namespace
}  // namespace sse::test
