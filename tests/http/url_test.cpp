#include "http/url.hpp"

#include <doctest/doctest.h>

using namespace sse::http;

TEST_CASE("percent-encoding reads back, whatever the bytes") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(percent_decode(percent_encode(all)) == all);
  CHECK(percent_decode(percent_encode(all, "/:@")) == all);
  CHECK(percent_encode("a b/é~") == "a%20b%2F%C3%A9~");
  CHECK(percent_encode("/a b", "/") == "/a%20b");
  CHECK(percent_decode("%61+%2b%2B") == "a+++");
  for (std::string bad : {"%", "a%", "%1", "%1g", "%g1", "%%41"})
    CHECK_MESSAGE(!percent_decode(bad), bad);
}

TEST_CASE("a query is split before it is decoded") {
  CHECK(parse_query("")->empty());
  CHECK(parse_query("&&")->empty());
  CHECK(*parse_query("a=1&b=2&a=3") == NameValueList{{"a", "1"}, {"b", "2"}, {"a", "3"}});
  CHECK(*parse_query("a%26b=c%3Dd=e&=f&g") ==
        NameValueList{{"a&b", "c=d=e"}, {"", "f"}, {"g", ""}});
  CHECK(*parse_query("a+b=c%2Bd%0A") == NameValueList{{"a b", "c+d\n"}});
  for (std::string bad : {"%", "a=%4", "a=%ff", "%00=a", "a=b%00"})
    CHECK_MESSAGE(!parse_query(bad), bad);
}

TEST_CASE("UTF-8 is told from what is not") {
  for (std::string good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK_MESSAGE(is_utf8(good), good);
  for (std::string bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xef\xbf", "\xe1\x80\x41", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xf0\x90\x80", "\xff"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("a base path is cut off at a segment, not inside one") {
  CHECK(strip_base_path("/news", "/") == "/news");
  CHECK(strip_base_path("/news", "") == "/news");
  CHECK(strip_base_path("/sse/news", "/sse") == "/news");
  CHECK(strip_base_path("/sse/news", "/sse/") == "/news");
  CHECK(strip_base_path("/sse", "/sse/") == "/");
  CHECK(strip_base_path("/sse/", "/sse") == "/");
  CHECK_FALSE(strip_base_path("/sses/news", "/sse"));
  CHECK_FALSE(strip_base_path("/news", "/sse"));
  CHECK_FALSE(strip_base_path("*", "/"));
}

TEST_CASE("a path is split at its slashes") {
  using Segments = std::vector<std::string_view>;
  CHECK(split_path("/").empty());
  CHECK(split_path("").empty());
  CHECK(split_path("/a") == Segments{"a"});
  CHECK(split_path("/a/b") == Segments{"a", "b"});
  CHECK(split_path("/a//b/") == Segments{"a", "", "b", ""});
}
