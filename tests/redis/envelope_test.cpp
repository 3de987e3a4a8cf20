#include "redis/envelope.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

using sse::EventFields;
using sse::redis::decode_envelope;
using sse::redis::decode_message;
using sse::redis::encode_envelope;
using sse::redis::encode_message;
using sse::redis::Envelope;

namespace {

Envelope data_only(std::string_view text) {
  Envelope out;
  out.data = std::string(text);
  return out;
}

// Text of pieces that matter to JSON, to the wire format and to UTF-8.
std::string random_text(std::mt19937& random, bool line_breaks) {
  static constexpr std::string_view kPieces[] = {"a",
                                                 "\"",
                                                 "\\",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 ":",
                                                 ",",
                                                 " ",
                                                 "é",
                                                 "\u2028",
                                                 "😀",
                                                 "\x7f",
                                                 "\x01",
                                                 "\\u0041",
                                                 "null",
                                                 "{}",
                                                 "0",
                                                 "id",
                                                 "/",
                                                 "\"data\"",
                                                 "\xC2\xA0",
                                                 "{\"data\":\"x\"}",
                                                 "\t"};
  std::string out;
  std::uniform_int_distribution<std::size_t> length(0, 12), piece(0, std::size(kPieces) - 1);
  for (std::size_t n = length(random); n > 0; --n) out += kPieces[piece(random)];
  if (line_breaks && length(random) < 4) out += "\r\n";
  if (line_breaks && length(random) < 4) out.push_back('\0');
  return out;
}

}  // namespace

TEST_CASE("data alone goes verbatim, unless it is a JSON object itself") {
  for (std::string_view text : {"hello", "", "[1]", "42", "\"x\"", "{", "{no json}", "a{}", " "}) {
    EventFields fields;
    fields.data = text;
    CHECK(encode_message(fields) == text);
    CHECK(decode_message(text) == data_only(text));
  }
  for (std::string_view text :
       {R"({"data":"x"})", R"({"a":1})", "{}", " {} ", "\n{\"id\":\"1\"}"}) {
    EventFields fields;
    fields.data = text;
    const std::string message = encode_message(fields);
    CHECK(message != text);
    CHECK(decode_message(message) == data_only(text));
  }
}

TEST_CASE("the event object has its fields in order and leaves out what is absent") {
  EventFields fields;
  fields.data = "line 1\nline \"2\"";
  fields.event = "tick";
  fields.id = "";
  fields.retry_ms = 5000;
  CHECK(encode_envelope(fields) ==
        R"({"event":"tick","id":"","data":"line 1\nline \"2\"","retry":5000})");
  fields.event.reset();
  fields.id.reset();
  fields.retry_ms.reset();
  CHECK(encode_envelope(fields) == R"({"data":"line 1\nline \"2\""})");
}

TEST_CASE("an event object is read whatever its order, blanks and side fields") {
  const auto found = decode_envelope(
      " {\"time\":\"2026-01-01T00:00:00Z\", \"retry\" : 3, \"data\":\"\\u00e9\\ud83d\\ude00\","
      "\"channel\":\"news\",\"id\":\"7\",\"event\":\"tick\"}\r\n");
  REQUIRE(found);
  CHECK(found->event == "tick");
  CHECK(found->id == "7");
  CHECK(found->data == "é😀");
  CHECK(found->retry_ms == 3);
  CHECK(decode_envelope(R"({"time":-1.5e3,"id":"only"})")->data == std::nullopt);
  CHECK(decode_envelope(R"({"retry":0})")->retry_ms == 0);
}

TEST_CASE("what is not exactly an event object is data verbatim") {
  const std::string deep = R"({"data":)" + std::string(200'000, '[');
  const std::string deep_objects = [] {
    std::string out;
    for (int i = 0; i < 100'000; ++i) out += R"({"data":)";
    return out;
  }();
  const std::string long_number = R"({"retry":)" + std::string(100'000, '9') + "}";
  const std::string nul_tail = std::string(R"({"data":"x"})") + std::string("\0junk", 5);
  for (std::string_view text : {
           std::string_view(deep),
           std::string_view(deep_objects),
           std::string_view(long_number),
           std::string_view(nul_tail),
           std::string_view(R"({})"),
           std::string_view(R"({"channel":"news"})"),
           std::string_view(R"({"time":1})"),
           std::string_view(R"({"data":1})"),
           std::string_view(R"({"data":null})"),
           std::string_view(R"({"data":true})"),
           std::string_view(R"({"data":{"a":1}})"),
           std::string_view(R"({"data":["a"]})"),
           std::string_view(R"({"data":"x","extra":1})"),
           std::string_view(R"({"data":"x","kind":"open"})"),
           std::string_view(R"({"data":"x","data":"y"})"),
           std::string_view(R"({"data":"x","Data":"y"})"),
           std::string_view(R"({"retry":-1})"),
           std::string_view(R"({"retry":1.0})"),
           std::string_view(R"({"retry":"1"})"),
           std::string_view(R"({"retry":1e3})"),
           std::string_view(R"({"retry":18446744073709551616})"),
           std::string_view(R"({"time":1e999,"data":"x"})"),
           std::string_view(R"({"data":"\ud800"})"),
           std::string_view(R"({"data":"\udc00x"})"),
           std::string_view("{\"data\":\"\xff\"}"),
           std::string_view("{\"data\":\"a\nb\"}"),
           std::string_view("\xEF\xBB\xBF{\"data\":\"x\"}"),
           std::string_view(R"({"data":"x"} {"data":"y"})"),
           std::string_view(R"({"data":"x"}x)"),
           std::string_view(R"({"data":"x")"),
           std::string_view(R"({"data":"x",})"),
           std::string_view(R"(["data"])"),
           std::string_view(R"({"event":"a\nb","data":"x"})"),
           std::string_view(R"({"id":"a\u0000b","data":"x"})"),
           std::string_view(R"({"id":"a\rb","data":"x"})"),
       }) {
    CAPTURE(text.substr(0, 60));
    CHECK_FALSE(decode_envelope(text));
    CHECK(decode_message(text) == data_only(text));
  }
}

TEST_CASE("every valid event survives the round trip") {
  std::mt19937 random(20240607);
  for (int i = 0; i < 20'000; ++i) {
    Envelope event;
    if (random() % 3 == 0) event.event = random_text(random, false);
    if (random() % 3 == 0) event.id = random_text(random, false);
    if (random() % 4 == 0) event.retry_ms = random() % 2 == 0 ? UINT64_MAX : random();
    if (random() % 5 != 0) event.data = random_text(random, true);
    if (event == Envelope{}) continue;
    const std::string message = encode_message(event.fields());
    CAPTURE(message);
    REQUIRE(decode_message(message) == event);
  }
}

TEST_CASE("no cut or changed byte of an event object throws") {
  const std::string whole =
      R"({"event":"tick","id":"1-2","data":"a\n\u00e9\ud83d\ude00","retry":18446744073709551615})";
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    CHECK_FALSE(decode_envelope(std::string_view(whole).substr(0, cut)));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      const Envelope got = decode_message(changed);
      REQUIRE((got == data_only(changed) || !sse::validate(got.fields())));
    }
  }
}
