// Time grows with the bytes, not with their square, for any chunking. Compared are the processor
// times of a stream and of one a fraction as long; quadratic work would take that fraction squared.
#include <algorithm>
#include <ctime>

#include <doctest/doctest.h>

#include <sse/event_parser.hpp>

namespace sse {
namespace {

constexpr ParserLimits kRaised{.line_bytes_max = 80u << 20, .event_bytes_max = 80u << 20};
constexpr ParserReports kReportAll{.comments = true, .retries = true, .positions = true};
constexpr std::size_t kGrowth = 64;
constexpr double kSlack = 16;  // for caches, page faults and neighbours; a square needs kGrowth

struct Shape {
  std::string head, body, tail;
  std::size_t times;  // how often the body is repeated in the longer stream
};

std::string stream(const Shape& shape, std::size_t times) {
  std::string bytes = shape.head;
  if (shape.body.size() == 1) bytes.append(times, shape.body.front());
  for (std::size_t n = 0; shape.body.size() > 1 && n < times; ++n) bytes.append(shape.body);
  return bytes.append(shape.tail);
}

// Returns how many events came out.
std::size_t parse(std::string_view bytes, std::size_t piece_bytes) {
  EventParser parser(kRaised, kReportAll);
  std::size_t events = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    parser.feed(bytes.substr(at, piece_bytes));
    for (ParseResult result; (result = parser.next()) != ParseResult::need_input;)
      events += result == ParseResult::event;
  }
  return events;
}

double seconds(std::string_view bytes, std::size_t piece_bytes) {
  const std::clock_t begin = std::clock();
  CHECK(parse(bytes, piece_bytes) == 1);
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

double least_seconds(std::string_view bytes, std::size_t piece_bytes, int rounds) {
  double least = seconds(bytes, piece_bytes);
  while (--rounds > 0) least = std::min(least, seconds(bytes, piece_bytes));
  return least;
}

void check_linear(const Shape& shape, std::size_t piece_bytes) {
  const std::string small = stream(shape, shape.times / kGrowth);
  const std::string large = stream(shape, shape.times);
  const double tick = 20e-6;  // below this the clock, not the parser, is measured
  const double small_seconds = std::max(tick, least_seconds(small, piece_bytes, 5));
  const double large_seconds = least_seconds(large, piece_bytes, 2);
  CAPTURE(shape.body.size());
  CAPTURE(piece_bytes);
  CHECK(large_seconds / small_seconds < kSlack * static_cast<double>(kGrowth));
}

void check_linear_in_any_pieces(const Shape& shape) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1400}, std::size_t{1} << 30})
    check_linear(shape, piece);
}

TEST_CASE("a comment of 1 MiB") {
  check_linear_in_any_pieces({":", "c", "\ndata: x\n\n", 1 << 20});
}
TEST_CASE("an unknown line of 1 MiB") {
  check_linear_in_any_pieces({"unknown:", "u", "\ndata: x\n\n", 1 << 20});
  check_linear_in_any_pieces({"", "u", "\ndata: x\n\n", 1 << 20});
}
TEST_CASE("10,000 data lines") { check_linear_in_any_pieces({"", "data: line\n", "\n", 10'000}); }
TEST_CASE("100,000 blank lines") { check_linear_in_any_pieces({"", "\n", "data: x\n\n", 100'000}); }
TEST_CASE("a data line of ill-formed UTF-8, 1 MiB") {
  check_linear_in_any_pieces({"data: ", "\xFF", "\n\n", 1 << 20});
}

#ifdef NDEBUG
constexpr std::size_t kLargeEventBytes = 64u << 20;
#else
constexpr std::size_t kLargeEventBytes = 4u << 20;  // unoptimised code would take minutes
#endif

TEST_CASE("an event of 64 MiB") {
  check_linear_in_any_pieces({"data: ", "x", "\n\n", kLargeEventBytes});
}

}  // namespace
}  // namespace sse
