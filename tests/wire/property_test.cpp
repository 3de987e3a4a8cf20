// What must hold of every stream, tried on random ones (the seeds are fixed).
#include <algorithm>

#include <doctest/doctest.h>

#include <sse/encoder.hpp>

#include "wire/random_stream.hpp"
#include "wire/reference_parser.hpp"

namespace sse::test {
namespace {

constexpr unsigned kStreams = 6000;

TEST_CASE("a stream means what the standard's algorithm makes of it") {
  for (unsigned seed = 0; seed < kStreams; ++seed) {
    const std::string bytes = RandomStream(seed).bytes(60);
    const Transcript seen = parse_whole(bytes);
    CAPTURE(seed);
    CAPTURE(to_string(seen));
    CAPTURE(to_string(reference_parse(bytes)));
    REQUIRE(seen == reference_parse(bytes));
  }
}

TEST_CASE("any chunking gives the same") {
  for (unsigned seed = 0; seed < kStreams; ++seed) {
    RandomStream random(seed);
    const std::string bytes = random.bytes(60);
    const auto cuts = random.cuts(bytes.size());
    const Transcript whole = parse_whole(bytes);
    CAPTURE(seed);
    REQUIRE(parse_cut(bytes, cuts) == whole);
    REQUIRE(parse_pieces(bytes, 1 + random.below(9)) == whole);
  }
}

TEST_CASE("any chunking meets the same limit at the same place") {
  unsigned errors = 0;
  for (unsigned seed = 0; seed < kStreams; ++seed) {
    RandomStream random(seed);
    const ParserLimits limits{.line_bytes_max = random.below(40),
                              .event_bytes_max = random.below(60)};
    const std::string bytes = random.bytes(60);
    const auto cuts = random.cuts(bytes.size());
    const Transcript whole = parse_whole(bytes, limits);
    errors += whole.error.has_value();
    CAPTURE(seed);
    CAPTURE(to_string(whole));
    CAPTURE(to_string(parse_cut(bytes, cuts, limits)));
    REQUIRE(parse_cut(bytes, cuts, limits) == whole);
    REQUIRE(parse_pieces(bytes, 1, limits) == whole);
  }
  CHECK(errors > kStreams / 8);
}

// Long enough for the way through many blocks at once, and with others among them.
std::string long_stream(RandomStream& random) {
  std::string bytes;
  while (bytes.size() < 6000) {
    const std::string end = random.below(3) == 0 ? "\r\n" : "\n";
    if (random.below(2) == 0) bytes += "id: " + std::to_string(random.below(1000)) + end;
    if (random.below(4) == 0) bytes += "event: e" + end;
    if (random.below(9) == 0) bytes += "x: unknown" + end;
    bytes += "data: " + std::string(random.below(90), 'x') + end + end;
    if (random.below(5) == 0) bytes += random.bytes(8);
  }
  return bytes;
}

TEST_CASE("many blocks at once are the same as byte by byte") {
  for (unsigned seed = 0; seed < kStreams / 10; ++seed) {
    RandomStream random(seed);
    const std::string bytes = long_stream(random);
    const ParserLimits limits{.line_bytes_max = 20 + random.below(100),
                              .event_bytes_max = 20 + random.below(100)};
    CAPTURE(seed);
    REQUIRE(parse_whole(bytes) == reference_parse(bytes));
    REQUIRE(parse_cut(bytes, random.cuts(bytes.size())) == parse_pieces(bytes, 1));
    REQUIRE(parse_whole(bytes, limits) == parse_pieces(bytes, 1, limits));
  }
}

TEST_CASE("a parser reset between events that were read at once is at the last one given") {
  std::string bytes;
  for (int number = 0; number < 200; ++number)
    bytes += "id: " + std::to_string(number) + "\ndata: " + std::string(20, 'x') + "\n\n";
  for (int given = 0; given <= 40; ++given) {
    EventParser parser;
    std::string copy = bytes;
    parser.feed(copy);
    for (int n = 0; n < given; ++n) REQUIRE(parser.next() == ParseResult::event);
    const std::string wanted = given == 0 ? "" : std::to_string(given - 1);
    REQUIRE(parser.last_event_id() == wanted);
    parser.reset();
    copy.assign(copy.size(), '?');
    REQUIRE(parser.last_event_id() == wanted);
    parser.feed("data: on\n\n");
    REQUIRE(parser.next() == ParseResult::event);
    REQUIRE(parser.event().last_event_id == wanted);
  }
}

TEST_CASE("without a blank line nothing is dispatched and no ID adopted") {
  for (unsigned seed = 0; seed < kStreams; ++seed) {
    std::string bytes = "x" + normalise_line_ends(RandomStream(seed).bytes(40));
    for (std::size_t at; (at = bytes.find("\n\n")) != std::string::npos;) bytes.erase(at, 1);
    const Transcript seen = parse_whole(bytes);
    CAPTURE(seed);
    REQUIRE(seen.events().empty());
    REQUIRE(seen.last_event_id.empty());
  }
}

std::string without_line_ends(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return text;
}

struct Block {
  std::optional<std::string> comment, id, event, data;
  std::optional<std::uint64_t> retry_ms;
  EventFields fields() const { return {comment, id, event, retry_ms, data}; }
};

Block random_block(RandomStream& random) {
  Block block;
  if (random.below(4) == 0) block.comment = random.text(6);
  if (random.below(2) == 0) block.id = without_line_ends(random.text(4));
  if (random.below(2) == 0) block.event = without_line_ends(random.text(4));
  if (random.below(4) == 0) block.retry_ms = random.below(100'000);
  if (random.below(5) != 0) block.data = random.text(12);
  return block;
}

// What a parser must report of a block, given the last event ID string before it.
void expect(const Block& block, std::string& last_event_id, std::vector<Item>& out) {
  if (block.id) last_event_id = *block.id;
  if (block.data) {
    const bool named = block.event && !block.event->empty();
    out.push_back({ParseResult::event, named ? *block.event : "message",
                   normalise_line_ends(*block.data), last_event_id, 0});
  }
}

TEST_CASE("what was encoded is decoded again, with its line ends normalised") {
  for (unsigned seed = 0; seed < kStreams / 4; ++seed) {
    RandomStream random(seed);
    std::string bytes, last_event_id;
    std::vector<Item> wanted;
    for (std::size_t n = 1 + random.below(6); n > 0; --n) {
      const Block block = random_block(random);
      REQUIRE_FALSE(validate(block.fields()));
      encode(block.fields(), bytes);
      expect(block, last_event_id, wanted);
    }
    const Transcript seen = parse_cut(bytes, random.cuts(bytes.size()));
    CAPTURE(seed);
    CAPTURE(bytes);
    REQUIRE(seen.events() == wanted);
    REQUIRE(seen.last_event_id == last_event_id);
  }
}

}  // namespace
}  // namespace sse::test
