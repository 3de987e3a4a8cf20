#include <doctest/doctest.h>

#include "event_filter.hpp"

using sse::Event;
using sse::tail::Condition;
using sse::tail::EventFilter;
using sse::tail::Pattern;

namespace {

bool passes(const EventFilter::Rules& rules, std::string_view type, std::string_view data = "") {
  return EventFilter::make(rules)->matches({type, data, ""});
}

bool holds(const std::string& condition, std::string_view data) {
  return Condition::parse(condition)->holds(data);
}

}  // namespace

TEST_CASE("types are included, excluded, or both") {
  CHECK(passes({}, "any"));
  CHECK(passes({.types = {"a", "b"}}, "b"));
  CHECK(!passes({.types = {"a", "b"}}, "c"));
  CHECK(passes({.types = {"!a"}}, "c"));
  CHECK(!passes({.types = {"!a"}}, "a"));
  CHECK(!passes({.types = {"a", "!a"}}, "a"));
}

TEST_CASE("one pattern and all conditions must match the data") {
  CHECK(passes({.patterns = {"^a", "z$"}}, "x", "..z"));
  CHECK(!passes({.patterns = {"^a", "z$"}}, "x", "za"));
  CHECK(passes({.conditions = {"/a=1", "/b"}}, "x", R"({"a":1,"b":null})"));
  CHECK(!passes({.conditions = {"/a=1", "/b"}}, "x", R"({"a":1})"));
  CHECK(!passes({.types = {"y"}, .patterns = {"."}}, "x", "a"));
}

TEST_CASE("a condition compares strings by meaning and the rest as written") {
  CHECK(holds("/a=b/c=d", R"({"a":"b\/c=d"})"));
  CHECK(holds("/a/0/b=1.0", R"({"a":[{"b":1.0}]})"));
  CHECK(!holds("/a=1", R"({"a":1.0})"));
  CHECK(holds("/a=[1,\"x\"]", R"({"a":[ 1, "x" ]})"));
  CHECK(holds("/a=", R"({"a":""})"));
  CHECK(holds("/a!=1", R"({"a":2})"));
  CHECK(holds("/a!=1", "no JSON"));
  CHECK(!holds("/a=1", "no JSON"));
  CHECK(!holds("/a", "[]"));
  for (const char* bad : {"", "a=b", "=b", "/~2=x", "/~"})
    CHECK_MESSAGE(!Condition::parse(bad), bad);
}

TEST_CASE("a pattern takes linear time on what makes backtracking explode") {
  const std::string text(200'000, 'a');
  CHECK(!Pattern::compile("(a*)*b$")->matches(text));
  CHECK(Pattern::compile("^\\[DONE\\]$")->matches("[DONE]"));
  CHECK(Pattern::compile("^.$")->matches("\u00e4"));
  CHECK(!Pattern::compile("("));
}
