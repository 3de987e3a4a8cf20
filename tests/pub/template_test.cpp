#include "sse-pub/template.hpp"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

using sse::pub::expand_event;
using sse::pub::expand_template;
using sse::pub::OutgoingEvent;

namespace {

std::string expand(std::string_view text) {
  const auto out = expand_template(text, {7, 1769860800500});
  return out ? *out : "error: " + out.error().message;
}

}  // namespace

TEST_CASE("fields are filled in, everything else stays") {
  ::setenv("PUB_TEST", "a {seq}\n", 1);
  CHECK(expand("") == "");
  CHECK(expand("n {seq} at {now}!") == "n 7 at 2026-01-31T12:00:00.500Z!");
  CHECK(expand("{env:PUB_TEST}{seq}") == "a {seq}\n7");
  CHECK(expand("{{\"n\":{seq}}") == "{\"n\":7}");
  CHECK(expand("{{{{}}") == "{{}}");
  CHECK(expand("{uuid}").size() == 36);
  CHECK(expand("{uuid}") != expand("{uuid}"));
}

TEST_CASE("what is no field is named") {
  CHECK(expand("a {foo} b").starts_with("error: unknown field {foo}: there are {seq}"));
  CHECK(expand("{}").starts_with("error: unknown field {}"));
  CHECK(expand("{Seq}").starts_with("error: unknown field {Seq}"));
  CHECK(expand("{env:PUB_TEST_NONE}") ==
        "error: {env:PUB_TEST_NONE}: no such environment variable");
  CHECK(expand("{env:}").starts_with("error: {env:}"));
  CHECK(expand("{seq").starts_with("error: { without }"));
  CHECK(expand("{" + std::string(9999, 'x') + "}").size() < 300);
}

TEST_CASE("the error tells which field of the event") {
  OutgoingEvent event;
  event.data = "{seq}";
  event.id = "{nope}";
  CHECK(expand_event(event, {}).error().message.starts_with("id: unknown field {nope}"));
  event.id = "i{seq}";
  event.event = "e{seq}";
  event.data = "d{seq}";
  REQUIRE(expand_event(event, {}));
  CHECK(event.id == "i1");
  CHECK(event.event == "e1");
  CHECK(event.data == "d1");
}
