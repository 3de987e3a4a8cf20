#include <doctest/doctest.h>

#include "client/media_type.hpp"
#include "client/request_headers.hpp"
#include "client/retry_after.hpp"

using namespace sse::client;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

TEST_CASE("the essence of the media type decides, in any case, whatever the parameters") {
  for (const char* good :
       {"text/event-stream", "Text/Event-STREAM", "text/event-stream;", " text/event-stream ",
        "text/event-stream;charset=windows-1252", "text/event-stream ; a=\"b,c/d\"",
        "text/html, text/event-stream", "text/event-stream, bogus", "text/event-stream, */*"})
    CHECK_MESSAGE(is_event_stream(Lines{good}), good);
  for (const char* bad : {"", "x bogus", "text/x-bogus", "text/event-stream, text/html",
                          "text/event-streamx", "text /event-stream", "text/event-stream x",
                          "text/html;x=\", text/event-stream\"", "\"text/event-stream\""})
    CHECK_MESSAGE(!is_event_stream(Lines{bad}), bad);
}

TEST_CASE("of several Content-Type fields the last valid one counts") {
  CHECK(!is_event_stream(Lines{}));
  CHECK(is_event_stream(Lines{"text/html", "text/event-stream"}));
  CHECK(is_event_stream(Lines{"text/event-stream", "bogus"}));
  CHECK(!is_event_stream(Lines{"text/event-stream", "text/html"}));
}

TEST_CASE("the request asks for an event stream, and the user's own lines win") {
  CHECK(request_headers({}, "") == Lines{"Accept: text/event-stream", "Cache-Control: no-cache"});
  CHECK(request_headers({"X-A: b", "accept: */*"}, "5") ==
        Lines{"Cache-Control: no-cache", "X-A: b", "accept: */*", "Last-Event-ID: 5"});
}

TEST_CASE("a last event ID is sent only as a value that arrives unchanged") {
  for (const char* good : {"1", "e5p3n<3k0k0s", "a b", "a\tb", "\u2026", "\"q\""})
    CHECK_MESSAGE(is_legal_header_value(good), good);
  for (const char* bad : {" a", "a ", "\ta", "a\x01", "\x1f", "a\x7f", "a\rb", "a\nb"})
    CHECK_MESSAGE(!is_legal_header_value(bad), bad);
}

TEST_CASE("Retry-After is seconds or a date") {
  CHECK(parse_retry_after("120", 0) == 120s);
  CHECK(parse_retry_after("0", 0) == 0s);
  CHECK(parse_retry_after("99999999999999999999", 0) == 24h);
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:02:00 GMT", 30'000) == 90s);
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:00:10 GMT", 30'000) == 0s);
  for (const char* bad : {"", "-1", "1.5", "soon", "1 2"})
    CHECK_MESSAGE(!parse_retry_after(bad, 0), bad);
}
