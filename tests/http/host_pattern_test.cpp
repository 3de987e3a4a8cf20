#include "http/host_pattern.hpp"

#include <doctest/doctest.h>

#include <string>

using sse::http::HostPattern;

TEST_CASE("a name means itself, in any case") {
  const auto pattern = HostPattern::parse("Events.example.org");
  REQUIRE(pattern);
  CHECK_FALSE(pattern->has_port());
  CHECK(pattern->matches_host("events.EXAMPLE.org"));
  CHECK_FALSE(pattern->matches_host("a.events.example.org"));
  CHECK_FALSE(pattern->matches_host("example.org"));
}

TEST_CASE("a wildcard means the names below, not the domain") {
  const auto pattern = HostPattern::parse("*.example.org");
  REQUIRE(pattern);
  for (std::string yes : {"events1.example.org", "a.b.example.org"})
    CHECK_MESSAGE(pattern->matches_host(yes), yes);
  for (std::string no :
       {"example.org", ".example.org", "evilexample.org", "a.example.org.evil", ""})
    CHECK_MESSAGE(!pattern->matches_host(no), no);
}

TEST_CASE("no port means the default one, on either side") {
  CHECK(HostPattern::parse("a:443")->matches("a", "443"));
  CHECK(HostPattern::parse("a")->matches("a:443", "443"));
  CHECK(HostPattern::parse("*.a:1")->matches("b.a:1", "443"));
  CHECK(HostPattern::parse("[::1]:1")->matches("[::1]:1", "443"));
  CHECK_FALSE(HostPattern::parse("a")->matches("a:444", "443"));
  CHECK_FALSE(HostPattern::parse("a:444")->matches("a", "443"));
  CHECK(HostPattern::parse("a:444")->has_port());
}

TEST_CASE("what is no host is refused") {
  for (std::string bad : {"", "*", "*.", "a.*", "*.*.a", "a b", "a/b", "u@a", "::1", "a:99999"})
    CHECK_MESSAGE(!HostPattern::parse(bad), bad);
}
