#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/source/line_publisher.hpp"
#include "server/source/line_splitter.hpp"
#include "server/source/restart_backoff.hpp"
#include "server/source/utf8_text.hpp"
#include "source_support.hpp"

using sse::server::LinePublisher;
using sse::server::LineSplitter;
using sse::test::Lines;
using sse::test::Recorder;

namespace {

using Cut = std::pair<std::string, std::size_t>;

// The lines of a text that is fed in pieces of a size.
std::vector<Cut> split(std::string_view text, std::size_t piece, std::size_t line_bytes_max = 100) {
  std::vector<Cut> out;
  LineSplitter splitter(line_bytes_max);
  const auto add = [&](std::string_view line, std::size_t dropped) {
    out.emplace_back(line, dropped);
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    // From an exact-size heap buffer, so that a read past it is caught.
    const std::vector<char> bytes(
        text.begin() + static_cast<std::ptrdiff_t>(at),
        text.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, text.size())));
    splitter.feed({bytes.data(), bytes.size()}, add);
  }
  splitter.finish(add);
  return out;
}

std::string replaced(std::string_view bytes) {
  std::string out;
  sse::server::replace_invalid_utf8(bytes, out);
  return out;
}

}  // namespace

TEST_CASE("lines end with LF or CRLF, in pieces of any size") {
  const std::string text = "a\nbb\r\n\n\r\nc\rd\r\r\ne";
  const std::vector<Cut> want{{"a", 0}, {"bb", 0}, {"", 0}, {"", 0}, {"c\rd\r", 0}, {"e", 0}};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) CHECK(split(text, piece) == want);
}

TEST_CASE("a last line without an end keeps its CR, an ended text has no line more") {
  for (std::size_t piece : {1u, 2u, 9u}) {
    CHECK(split("a\nb\r", piece) == std::vector<Cut>{{"a", 0}, {"b\r", 0}});
    CHECK(split("a\n", piece) == std::vector<Cut>{{"a", 0}});
    CHECK(split("", piece).empty());
  }
}

TEST_CASE("a line over the limit loses its end, and says how much") {
  const std::string text = "12345\r\n123456\r\n1234567\n12345\n123456789";
  const std::vector<Cut> want{{"12345", 0}, {"12345", 1}, {"12345", 2}, {"12345", 0}, {"12345", 4}};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) CHECK(split(text, piece, 5) == want);
}

TEST_CASE("a long line in one-byte pieces takes linear time") {
  // 4 MiB: anything quadratic would run into the test's time limit.
  LineSplitter splitter(4u << 20);
  std::size_t size = 0;
  const auto take = [&](std::string_view line, std::size_t) { size = line.size(); };
  for (std::size_t i = 0; i < (4u << 20); ++i) splitter.feed("x", take);
  splitter.feed("\n", take);
  CHECK(size == 4u << 20);
}

TEST_CASE("what is no UTF-8 is replaced as a decoder does it") {
  CHECK(replaced("plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80") ==
        "plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80");
  const std::string fffd = "\xEF\xBF\xBD";
  CHECK(replaced("a\xFFz") == "a" + fffd + "z");
  CHECK(replaced("\x80\x80") == fffd + fffd);
  CHECK(replaced("\xE2\x82z") == fffd + "z");  // one maximal subpart
  CHECK(replaced("\xF0\x9F\x98") == fffd);     // cut at the end
  CHECK(replaced("\xC0\xAF") == fffd + fffd);  // overlong
  CHECK(replaced("\xE0\x80\x80") == fffd + fffd + fffd);
  CHECK(replaced("\xED\xA0\x80") == fffd + fffd + fffd);  // surrogate
  CHECK(replaced("\xF4\x90\x80\x80") == fffd + fffd + fffd + fffd);
  CHECK(replaced("\xF0\x9F\xE2\x82\xAC") == fffd + "\xE2\x82\xAC");
}

TEST_CASE("only a character that was cut is trimmed") {
  using sse::server::trim_cut_character;
  CHECK(trim_cut_character("ab\xE2\x82") == "ab");
  CHECK(trim_cut_character("ab\xF0\x9F\x98") == "ab");
  CHECK(trim_cut_character("ab\xC3") == "ab");
  CHECK(trim_cut_character("ab\xE2\x82\xAC") == "ab\xE2\x82\xAC");
  CHECK(trim_cut_character("ab") == "ab");
  CHECK(trim_cut_character("\xFF") == "\xFF");
  CHECK(trim_cut_character("").empty());
}

TEST_CASE("lines become events, with warnings for what was lost") {
  Recorder sink;
  LinePublisher publisher(sink, "input", "kind", 8);
  publisher.bytes(
      "one\n\nb\xFF"
      "d\nb\xFE"
      "d\n1234567\xE2\x82\xACxyz\nla");
  publisher.bytes("st");
  publisher.finish();
  CHECK(sink.lines == Lines{"kind:one", "kind:",
                            "kind:b\xEF\xBF\xBD"
                            "d",
                            "kind:b\xEF\xBF\xBD"
                            "d",
                            "kind:1234567", "kind:last"});
  CHECK(sink.warned("input: not UTF-8") == 1);
  CHECK(sink.warned("published its first 7 bytes, dropped 6 more") == 1);
  CHECK(sink.warnings.size() == 2);
}

TEST_CASE("a muted publisher is silent at once") {
  Recorder sink;
  LinePublisher publisher(sink, "input", "", 8);
  sink.on_line = [&] { publisher.mute(); };
  publisher.bytes("one\ntwo\n123456789\nrest");
  publisher.finish();
  CHECK(sink.lines == Lines{":one"});
  CHECK(sink.warnings.empty());
}

TEST_CASE("restarts wait longer each time, until a run was healthy") {
  sse::server::RestartBackoff backoff(1'000, 60'000, 60'000);
  std::vector<std::uint64_t> delays;
  for (int i = 0; i < 8; ++i) delays.push_back(backoff.delay_ms(59'999));
  CHECK(delays ==
        std::vector<std::uint64_t>{1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000});
  CHECK(backoff.delay_ms(60'000) == 1'000);
  CHECK(backoff.delay_ms(0) == 2'000);
}
