#include <doctest/doctest.h>

#include "escapes.hpp"
#include "output_template.hpp"

using sse::tail::OutputTemplate;
using sse::tail::unescape;

namespace {

std::string filled(std::string_view text,
                   std::string_view data = "{\"a\":{\"b:x\":\"\u00e4\u00f6\u00fc\"}}") {
  const auto parsed = OutputTemplate::parse(text);
  REQUIRE_MESSAGE(parsed, text);
  std::string out;
  parsed->append(out, {"news", data, "e-7"},
                 {.url = "http://h/", .number = 12, .now_ms = 1500, .gap_ms = 1042});
  return out;
}

}  // namespace

TEST_CASE("fields stand for the event") {
  CHECK(filled("{event}/{id}/{n}/{gap}/{url}") == "news/e-7/12/1.042/http://h/");
  CHECK(filled("{data}", "a\nb") == "a\nb");
  CHECK(filled("{time}") == "1970-01-01T00:00:01.500Z");
  CHECK(filled("{time:%S:%%}") == "01:%");
  CHECK(filled("{/a/b:x}") == "\u00e4\u00f6\u00fc");
  CHECK(filled("[{/a/x}{/z}]") == "[]");
  CHECK(filled("[{/a}]", "no JSON") == "[]");
}

TEST_CASE("braces and escapes") {
  CHECK(filled("{{data}} }\\t\\x41\\\\") == "{data}} }\tA\\");
  CHECK(filled("") == "");
  CHECK(*unescape("\\n\\r\\t\\0\\a\\e\\\\\\xff") == std::string("\n\r\t\0\a\x1b\\\xff", 8));
  for (const char* bad : {"\\", "\\q", "\\x", "\\x4", "\\xg1", "\\x1g"})
    CHECK_MESSAGE(!unescape(bad), bad);
}

TEST_CASE("widths count characters") {
  CHECK(filled("[{event:6}]") == "[news  ]");
  CHECK(filled("[{event:<6}]") == "[news  ]");
  CHECK(filled("[{event:>6}]") == "[  news]");
  CHECK(filled("[{event:>5.2}]") == "[   ne]");
  CHECK(filled("[{event:.3}]") == "[new]");
  CHECK(filled("[{event:.0}]") == "[]");
  CHECK(filled("[{/a/b:x:4.2}]") == "[\u00e4\u00f6  ]");
  CHECK(filled("[{/a/b:x:.9}]") == "[\u00e4\u00f6\u00fc]");
}

TEST_CASE("what is no template is refused") {
  for (const char* bad : {"{", "{data", "{}", "{Data}", "{data:x}", "{data:}", "{data:>}",
                          "{data:9999}", "{data:1.}", "{data:1x}", "{/a~2}", "\\q"})
    CHECK_MESSAGE(!OutputTemplate::parse(bad), bad);
}
