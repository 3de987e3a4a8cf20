// The cases of tests/data/event_stream.json and the bodies of client_scenarios.json.
#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "wire/conformance_data.hpp"

namespace sse::test {
namespace {

constexpr std::size_t kLargeBytes = 64u << 10;
// The largest case (an event of 64 MiB) is over the default limits.
constexpr ParserLimits kRaised{.line_bytes_max = 80u << 20, .event_bytes_max = 80u << 20};

void check(const StreamCase& wanted, std::string_view bytes, std::span<const std::size_t> cuts) {
  Recorder recorder(kRaised);
  recorder.parser().reset(wanted.initial_last_event_id);
  recorder.feed(bytes, cuts);
  const Transcript seen = recorder.transcript();
  CAPTURE(wanted.name);
  CAPTURE(to_string(seen));
  CHECK(seen.events() == wanted.events);
  CHECK(seen.last_event_id == wanted.last_event_id);
  CHECK(seen.reconnection_time_ms == wanted.retry_ms);
  CHECK_FALSE(seen.error);
}

std::vector<std::size_t> every_offset(std::size_t size) {
  std::vector<std::size_t> cuts(size == 0 ? 0 : size - 1);
  std::iota(cuts.begin(), cuts.end(), std::size_t{1});
  return cuts;
}

// All offsets of a small stream; of a large one both ends and a sample between.
std::vector<std::size_t> single_cuts(const StreamCase& wanted, std::size_t size) {
  std::vector<std::size_t> cuts = every_offset(std::min<std::size_t>(size, 1024));
  if (size > 1024)
    for (const std::size_t part : {3u, 7u, 61u}) cuts.push_back(size / part);
  for (std::size_t back = 1; size > 1024 && back < 5; ++back) cuts.push_back(size - back);
  cuts.insert(cuts.end(), wanted.cuts.begin(), wanted.cuts.end());
  if (size > kLargeBytes)
    std::erase_if(cuts, [&](std::size_t cut) { return cut % 211 != 6 && cut < size - 5; });
  return cuts;
}

void check_all_cuts(const StreamCase& wanted, std::string_view bytes) {
  check(wanted, bytes, {});
  if (bytes.size() > (8u << 20)) return;  // linear_time_test feeds such events in small pieces
  check(wanted, bytes, every_offset(bytes.size()));
  for (const std::size_t cut : single_cuts(wanted, bytes.size()))
    check(wanted, bytes, std::span(&cut, 1));
}

// With another end of line for each LF, taken in turn. In this order no CR comes to stand before an
// LF of its own.
std::string with_line_ends(std::string_view bytes, std::span<const std::string_view> ends) {
  std::string out;
  std::size_t n = 0;
  for (const char c : bytes) {
    if (c == '\n') {
      out.append(ends[n++ % ends.size()]);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

TEST_CASE("event_stream.json, whole, byte by byte and cut at every offset") {
  const auto cases = load_stream_cases();
  REQUIRE(cases.size() == 115);
  for (const StreamCase& wanted : cases) check_all_cuts(wanted, wanted.bytes);
}

TEST_CASE("event_stream.json with the line ends crossed") {
  using namespace std::string_view_literals;
  const std::vector<std::vector<std::string_view>> ends{
      {"\r"sv}, {"\r\n"sv}, {"\n"sv, "\r"sv, "\r\n"sv}, {"\r"sv, "\r\n"sv, "\n"sv}};
  std::size_t crossed = 0;
  for (const StreamCase& wanted : load_stream_cases()) {
    if (wanted.bytes.find('\r') != std::string::npos || wanted.bytes.size() > kLargeBytes) continue;
    ++crossed;
    StreamCase recut = wanted;
    recut.cuts.clear();
    for (const auto& set : ends) check_all_cuts(recut, with_line_ends(wanted.bytes, set));
  }
  CHECK(crossed > 80);
}

bool is_event_stream(const nlohmann::json& exchange) {
  const auto& response = exchange.at("response");
  return response.value("status", 0) == 200 && response.contains("body");
}

std::string body(const nlohmann::json& exchange) {
  std::string bytes;
  for (const auto& piece : exchange.at("response").at("body"))
    bytes.append(unescape(piece.at("chunk").get<std::string>()));
  return bytes;
}

// Plays the bodies as one client would read them: a reset at each reconnection, the last body again
// and again until as many events came as expected.
std::vector<Item> play(const nlohmann::json& scenario, std::size_t piece_bytes,
                       std::size_t wanted) {
  const auto& exchanges = scenario.at("exchanges");
  Recorder recorder;
  for (std::size_t round = 0; round < exchanges.size() + wanted; ++round) {
    const std::string bytes = body(exchanges[std::min(round, exchanges.size() - 1)]);
    if (round > 0) recorder.parser().reset();
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes)
      recorder.feed(std::string_view(bytes).substr(at, piece_bytes));
    if (recorder.transcript().events().size() >= wanted && round + 1 >= exchanges.size()) break;
  }
  auto events = recorder.transcript().events();
  events.resize(std::min(events.size(), wanted));
  return events;
}

TEST_CASE("bodies of client_scenarios.json that concern the parser") {
  std::size_t played = 0;
  for (const auto& scenario : load_data("client_scenarios.json")) {
    const auto& exchanges = scenario.at("exchanges");
    const bool formats = scenario.at("name").get<std::string>().starts_with("format-");
    if (!formats && scenario.at("applies_to").dump().find("parser") == std::string::npos) continue;
    if (!std::all_of(exchanges.begin(), exchanges.end(), is_event_stream)) continue;
    ++played;
    const auto wanted = expected_events(scenario.at("expected").at("events"));
    CAPTURE(scenario.at("name").get<std::string>());
    for (const std::size_t piece : {1u, 3u, 100'000u})
      CHECK(play(scenario, piece, wanted.size()) == wanted);
  }
  CHECK(played >= 25);
}

}  // namespace
}  // namespace sse::test
