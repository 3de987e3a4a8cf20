// No allocation per event once the buffers are warm, and none at all for what is not kept.
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include <sse/encoder.hpp>
#include <sse/event_parser.hpp>

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sse {
namespace {

constexpr ParserReports kReportAll{.comments = true, .retries = true, .positions = true};

std::size_t parse(EventParser& parser, std::string_view bytes, std::size_t piece_bytes) {
  std::size_t items = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    parser.feed(bytes.substr(at, piece_bytes));
    while (parser.next() != ParseResult::need_input) ++items;
  }
  return items;
}

// Every kind of line, some too long for a small string, some ill-formed.
std::string mixed_stream() {
  const std::string filler(100, 'x');
  std::string bytes;
  for (int n = 0; n < 50; ++n) {
    const std::string number = std::to_string(1000 + n);
    bytes.append(": comment " + filler + "\nid: " + filler + number + "\nevent: " + filler + '\n');
    bytes.append("retry: 10\ndata: " + filler + "\n\nid: " + number + "\n\n");
    bytes.append("data: " + filler + "\r\ndata: \xFF" + filler + "\r\n\r\nunknown: " + filler +
                 '\n');
    bytes.append("event: \xFF" + filler + "\ndata\n\n");
  }
  return bytes;
}

TEST_CASE("the counter counts") {
  const std::size_t before = allocations;
  const std::string text(100, 'x');
  CHECK(text.size() == 100);
  CHECK(allocations == before + 1);
}

TEST_CASE("a warm parser allocates nothing, for any chunking") {
  const std::string bytes = mixed_stream();
  for (const std::size_t piece : {1u, 16u, 61u, 1400u, 1u << 20}) {
    EventParser parser({}, kReportAll);
    // Two buffers change places as cut lines are taken over; both must have seen the longest one.
    for (int n = 0; n < 3; ++n) parse(parser, bytes, piece);
    const std::size_t before = allocations;
    const std::size_t items = parse(parser, bytes, piece);
    const std::size_t after = allocations;
    CHECK(items == 50 * 6);
    CHECK(after - before == 0);
  }
}

TEST_CASE("comments and unknown fields are not stored") {
  const std::string long_text(1 << 20, 'x');
  const std::string bytes = ":" + long_text + "\nunknown: " + long_text + "\n" + long_text + "\n";
  EventParser parser;
  const std::size_t before = allocations;
  parse(parser, bytes, 1);
  parse(parser, bytes, 1000);
  CHECK(allocations == before);
}

TEST_CASE("encoding a block allocates at most once") {
  const std::string data = std::string(5000, 'x') + "\r\n\n" + std::string(5000, 'y');
  const EventFields fields{.comment = "c\nd", .id = "1", .event = "e", .retry_ms = 1, .data = data};
  std::string out;
  const std::size_t before = allocations;
  encode(fields, out);
  CHECK(allocations == before + 1);
  out.clear();
  encode(fields, out);
  CHECK(allocations == before + 1);
}

}  // namespace
}  // namespace sse
