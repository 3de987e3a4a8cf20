#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "duplicates.hpp"
#include "recorder.hpp"
#include "sequence.hpp"
#include "support/temp_folder.hpp"

using namespace sse::tail;
using sse::Event;

namespace {

Event event(std::string_view id, std::string_view data = "d") { return {"message", data, id}; }

}  // namespace

TEST_CASE("an id that came before is a duplicate, also in another connection") {
  Duplicates duplicates(10);
  duplicates.on_connection("");
  CHECK(!duplicates.seen(event("1")));
  CHECK(!duplicates.seen(event("2")));
  CHECK(duplicates.seen(event("1", "other")));
  duplicates.on_connection("2");
  CHECK(duplicates.seen(event("2")));
  CHECK(!duplicates.seen(event("3")));
}

TEST_CASE("events without an id of their own are no duplicates, but repeated with their block") {
  Duplicates duplicates(10);
  duplicates.on_connection("");
  CHECK(!duplicates.seen(event("")));
  CHECK(!duplicates.seen(event("")));
  CHECK(!duplicates.seen(event("1", "a")));
  CHECK(!duplicates.seen(event("1", "tick")));
  CHECK(!duplicates.seen(event("1", "tick")));
  duplicates.on_connection("1");
  CHECK(duplicates.seen(event("1", "tick")));
  CHECK(!duplicates.seen(event("1", "new")));
  CHECK(!duplicates.seen(event("1", "tick")));
  CHECK(!duplicates.seen(event("2", "b")));
  CHECK(duplicates.seen(event("1", "a")));
  CHECK(duplicates.seen(event("1", "tick")));
}

TEST_CASE("only so many events are remembered") {
  Duplicates duplicates(2);
  for (const char* id : {"1", "2", "3"}) CHECK(!duplicates.seen(event(id)));
  CHECK(duplicates.seen(event("2")));
  CHECK(!duplicates.seen(event("1")));
  CHECK(!duplicates.seen(event("2")));
}

TEST_CASE("holes and returns in the ids are found") {
  Sequence sequence;
  CHECK(!sequence.check(event("e1-7")));
  CHECK(!sequence.check(event("e1-8")));
  CHECK(!sequence.check(event("e1-8")));
  CHECK(*sequence.check(event("e1-11")) == "number 11 came after 8: 2 missing");
  CHECK(*sequence.check(event("e1-9")) == "number 9 came after 11");
  CHECK(!sequence.check(event("e2-1")));
  CHECK(!sequence.check(event("none")));
  CHECK(!sequence.check(event("e2-99999999999999999999999")));
  CHECK(!sequence.check(event("e2-2")));
}

TEST_CASE("the number may be in the data") {
  Sequence sequence(*JsonPointer::parse("/n"));
  CHECK(!sequence.check(event("", R"({"n":1})")));
  CHECK(!sequence.check(event("", R"({"n":"2"})")));
  CHECK(sequence.check(event("", R"({"n":2})")));
  CHECK(*sequence.check(event("", "x")) == "an event without a sequence number");
}

TEST_CASE("what a server says of a gap") {
  const Event told{"gap", R"({"requested":"1","oldest":"9","missed":8,"reason":"evicted"})", ""};
  CHECK(*reported_gap(told) == "the server reports a gap: 8 events missed (evicted)");
  const Event unknown{"gap", R"({"missed":null,"reason":"\u001b[2J"})", ""};
  CHECK(*reported_gap(unknown) ==
        "the server reports a gap: an unknown number of events missed (\\x1b[2J)");
  CHECK(!reported_gap({"gap", "{}", ""}));
  CHECK(!reported_gap({"message", told.data, ""}));
}

TEST_CASE("a recording holds bytes and events with their times") {
  const sse::test::TempFolder folder;
  const std::string path = folder / "recording";
  auto recorder = Recorder::open(path, [] { return std::uint64_t{42}; });
  REQUIRE(recorder);
  recorder->opened("u");
  recorder->bytes("u", "data: \xc3\xa4\n");
  for (const char* piece : {"\xff",
                            "\xff"
                            "ab",
                            "\xff"
                            "abc",
                            "\xff"
                            "abcd"})
    recorder->bytes("u", piece);
  recorder->event("u", event("7", "a\nb"));
  REQUIRE(recorder->flush());
  std::ifstream in(path);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  REQUIRE(lines.size() == 7);
  CHECK(lines[0] == nlohmann::json{{"time", 42}, {"url", "u"}, {"kind", "open"}});
  CHECK(lines[1]["text"] == "data: \u00e4\n");
  CHECK(lines[2]["base64"] == "/w==");
  CHECK(lines[3]["base64"] == "/2Fi");
  CHECK(lines[4]["base64"] == "/2FiYw==");
  CHECK(lines[5]["base64"] == "/2FiY2Q=");
  CHECK(lines[6] ==
        nlohmann::json{
            {"time", 42}, {"url", "u"}, {"id", "7"}, {"event", "message"}, {"data", "a\nb"}});
  CHECK(!Recorder::open("/nonexistent/x", {}));
}
