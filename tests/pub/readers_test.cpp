#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <sse/encoder.hpp>

#include "sse-pub/event_reader.hpp"

using sse::pub::InputFormat;
using sse::pub::OutgoingEvent;

namespace {

constexpr std::size_t kRoomy = 1u << 20;

struct WhatWasRead {
  std::vector<OutgoingEvent> events;
  std::string error;

  std::vector<std::string> data() const {
    std::vector<std::string> out;
    for (const OutgoingEvent& event : events) out.push_back(event.data);
    return out;
  }
};

// Feeds the input in pieces of `step` bytes, each from a buffer of exactly its size.
WhatWasRead read(InputFormat format, std::string_view input, std::size_t step,
                 std::size_t event_bytes_max = kRoomy) {
  const auto reader = sse::pub::make_reader(format, event_bytes_max);
  WhatWasRead out;
  for (std::size_t at = 0; at < input.size(); at += step) {
    const std::string_view piece = input.substr(at, step);
    const std::vector<char> exact(piece.begin(), piece.end());
    if (auto fed = reader->feed({exact.data(), exact.size()}, out.events); !fed) {
      out.error = fed.error().message;
      return out;
    }
  }
  if (auto ended = reader->finish(out.events); !ended) out.error = ended.error().message;
  return out;
}

std::vector<std::string> data_of(InputFormat format, std::string_view input) {
  const auto whole = read(format, input, kRoomy).data();
  for (std::size_t step = 1; step <= input.size(); ++step)
    REQUIRE(read(format, input, step).data() == whole);
  return whole;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("the whole input is one event, without one last line end") {
  CHECK(data_of(InputFormat::whole, "") == Strings{""});
  CHECK(data_of(InputFormat::whole, "hello") == Strings{"hello"});
  CHECK(data_of(InputFormat::whole, "hello\n") == Strings{"hello"});
  CHECK(data_of(InputFormat::whole, "hello\r\n") == Strings{"hello"});
  CHECK(data_of(InputFormat::whole, "hello\r") == Strings{"hello\r"});
  CHECK(data_of(InputFormat::whole, "a\nb\n\n") == Strings{"a\nb\n"});
  CHECK(read(InputFormat::whole, "", 1).events.at(0).number == 0);
}

TEST_CASE("lines end with LF or CRLF, the last may have no end, empty ones count") {
  CHECK(data_of(InputFormat::lines, "").empty());
  CHECK(data_of(InputFormat::lines, "\n") == Strings{""});
  CHECK(data_of(InputFormat::lines, "a\nb") == Strings{"a", "b"});
  CHECK(data_of(InputFormat::lines, "a\r\nb\r\n") == Strings{"a", "b"});
  CHECK(data_of(InputFormat::lines, "a\r\n\r\n\nb\r") == Strings{"a", "", "", "b"});
  CHECK(data_of(InputFormat::lines, "a\rb\n") == Strings{"a\rb"});
  CHECK(read(InputFormat::lines, "a\n\nb", 2).events.at(2).number == 3);
}

TEST_CASE("records end with NUL") {
  CHECK(data_of(InputFormat::null, "").empty());
  CHECK(data_of(InputFormat::null, std::string_view("a\nb\0\0c\r", 7)) ==
        Strings{"a\nb", "", "c\r"});
  CHECK(data_of(InputFormat::null, std::string_view("a\0", 2)) == Strings{"a"});
}

TEST_CASE("every format has the same limit, counted per record, and names it") {
  const auto lines = read(InputFormat::lines, "1234\n12345\n", 3, 4);
  CHECK(lines.data() == Strings{"1234"});
  CHECK(lines.error == "line 2: longer than 4 (--event-bytes-max)");
  CHECK(read(InputFormat::null, "12345", 1, 4).error.starts_with("record 1: longer than 4"));
  CHECK(read(InputFormat::whole, "12345", 1, 4).error.starts_with("input: longer than 4"));
  CHECK(read(InputFormat::json, "{\"data\":\"x\"}", 5, 4).error.starts_with("line 1: longer"));
  const auto stream = read(InputFormat::sse, "data:1\n\ndata:12345678\n\n", 3, 8);
  CHECK(stream.data() == Strings{"1"});
  CHECK(stream.error.starts_with("event 2: longer than 8 (--event-bytes-max)"));
}

TEST_CASE("JSON: one event object per line, in any piece") {
  const std::string input =
      "{\"channel\":\"news\",\"id\":\"7\",\"event\":\"tick\",\"data\":\"a\\nb\",\"retry\":5,"
      "\"time\":\"now\",\"later\":[1]}\r\n"
      "\n  \n"
      "{\"kind\":\"open\"}\n"
      "{\"id\":\"\",\"event\":\"\",\"data\":\"\"}";
  for (std::size_t step = 1; step <= input.size(); ++step) {
    const WhatWasRead got = read(InputFormat::json, input, step);
    REQUIRE(got.error.empty());
    REQUIRE(got.events.size() == 2);
    CHECK(got.events[0].channel == "news");
    CHECK(got.events[0].id == "7");
    CHECK(got.events[0].event == "tick");
    CHECK(got.events[0].data == "a\nb");
    CHECK(got.events[0].retry_ms == 5);
    CHECK(got.events[0].number == 1);
    CHECK(got.events[1].number == 5);
    CHECK_FALSE(got.events[1].id);
    CHECK_FALSE(got.events[1].event);
    CHECK(got.events[1].data.empty());
  }
}

TEST_CASE("JSON: what is no event object is an error with its line and field") {
  const auto error = [](std::string_view line) {
    const WhatWasRead got = read(InputFormat::json, "{\"data\":\"ok\"}\n" + std::string(line), 7);
    CHECK(got.events.size() == 1);
    return got.error;
  };
  CHECK(error("nonsense") == "line 2: not a JSON object");
  CHECK(error("[1]") == "line 2: not a JSON object");
  CHECK(error("{\"data\":\"x\"") == "line 2: not a JSON object");
  CHECK(error("{\"data\":\"\\ud800\"}") == "line 2: not a JSON object");
  CHECK(error("{}") == "line 2: data: missing");
  CHECK(error("{\"data\":{}}") == "line 2: data: not a JSON string");
  CHECK(error("{\"data\":\"x\",\"id\":7}") == "line 2: id: not a JSON string");
  CHECK(error("{\"data\":\"x\",\"retry\":-1}") ==
        "line 2: retry: not a whole number of milliseconds");
  CHECK(error("{\"data\":\"x\",\"retry\":1e999}") == "line 2: not a JSON object");
  CHECK(error("{\"data\":" + std::string(100'000, '[')) == "line 2: not a JSON object");
}

TEST_CASE("SSE: an id goes with the event that set it, a retry with the event after it") {
  const std::string input =
      "\xEF\xBB\xBF: hi\nretry: 10\n\nid: 1\nevent: tick\ndata: a\ndata: b\n\n"
      "data: same id\r\rid: 2\n\ndata: id 2\n\nid\ndata: no id\n\ndata\n\n: bye\n";
  for (std::size_t step = 1; step <= input.size(); ++step) {
    const WhatWasRead got = read(InputFormat::sse, input, step);
    REQUIRE(got.error.empty());
    REQUIRE(got.data() == Strings{"a\nb", "same id", "id 2", "no id", ""});
    CHECK(got.events[0].id == "1");
    CHECK(got.events[0].event == "tick");
    CHECK(got.events[0].retry_ms == 10);
    CHECK_FALSE(got.events[1].id);
    CHECK_FALSE(got.events[1].event);
    CHECK_FALSE(got.events[1].retry_ms);
    CHECK(got.events[2].id == "2");
    CHECK_FALSE(got.events[3].id);
    CHECK(got.events[4].number == 5);
  }
}

TEST_CASE("SSE: an event cut off by the end of the input is reported, not published") {
  for (const std::string_view tail : {"data: b", "data: b\n", "data: b\r", "data: b\r\n"}) {
    const WhatWasRead got = read(InputFormat::sse, "data: a\n\n" + std::string(tail), 4);
    CHECK(got.data() == Strings{"a"});
    CHECK(got.error.starts_with("event 2: incomplete"));
  }
  CHECK(read(InputFormat::sse, "data: a\n\nid: 3\n", 4).error.empty());
}

TEST_CASE("SSE: what the encoder wrote is read back") {
  static constexpr std::string_view kPieces[] = {"a", "\n", " ", ":", "é"};
  std::mt19937 random(7);
  std::string stream;
  std::vector<OutgoingEvent> sent;
  for (int i = 0; i < 500; ++i) {
    OutgoingEvent& event = sent.emplace_back();
    for (auto n = random() % 5; n > 0; --n) event.data += kPieces[random() % std::size(kPieces)];
    if (random() % 2 == 0) event.event = "type" + std::to_string(i);
    if (random() % 2 == 0) event.id = std::to_string(i);
    if (random() % 4 == 0) event.retry_ms = random() % 1000;
    sse::encode(event.fields(), stream);
  }
  for (const std::size_t step : {std::size_t{1}, std::size_t{13}, kRoomy}) {
    const WhatWasRead got = read(InputFormat::sse, stream, step);
    REQUIRE(got.events.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CHECK(got.events[i].data == sent[i].data);
      CHECK(got.events[i].event == sent[i].event);
      CHECK(got.events[i].id == sent[i].id);
      CHECK(got.events[i].retry_ms == sent[i].retry_ms);
    }
  }
}
