#include "http/negotiation.hpp"

#include <doctest/doctest.h>

using namespace sse::http;

namespace {

Request with_accept(std::initializer_list<const char*> values) {
  Request request;
  for (const char* value : values) request.headers.emplace_back("Accept", value);
  return request;
}

int stream_weight(std::string_view accept) { return accept_weight(accept, "text/event-stream"); }

}  // namespace

TEST_CASE("an essence is a media type without parameters, in lower case") {
  CHECK(media_type_essence("text/event-stream") == "text/event-stream");
  CHECK(media_type_essence(" Text/Event-Stream ; charset=utf-8") == "text/event-stream");
  CHECK(media_type_essence("text/event-stream;") == "text/event-stream");
  for (std::string bad : {"", "text", "text/", "/x", "text /x", "a/b/c", "text/event-stream, a/b"})
    CHECK_MESSAGE(media_type_essence(bad).empty(), bad);
}

TEST_CASE("Accept is weighed by the range that fits closest") {
  const std::pair<std::string, int> rows[] = {
      {"", 1000},
      {"  ", 1000},
      {"text/event-stream", 1000},
      {"TEXT/Event-Stream", 1000},
      {"*/*", 1000},
      {"text/*", 1000},
      {"TEXT/*;q=0.5", 500},
      {"text/html", 0},
      {"application/*", 0},
      {"text/html, */*;q=0.8", 800},
      {"text/event-stream;q=0, */*", 0},
      {"*/*, text/event-stream;q=0", 0},
      {"text/*;q=0, text/event-stream", 1000},
      {"*/*;q=0.1,text/*;q=0.2", 200},
      {"text/event-stream;q=0.3, text/event-stream;q=0.7", 700},
      {"text/event-stream ; q = 0.25", 250},
      {"text/event-stream;charset=utf-8;q=0.125", 125},
      {"text/event-stream;Q=1.000", 1000},
      {"text/event-stream;x=\"a,b;q=0\"", 1000},
      {"a/b;x=\"\\\",\", text/event-stream;q=0.5", 500},
      {"text/event-stream;q=1.", 1000},
      {"text/event-stream;q=2", 0},
      {"text/event-stream;q=1.001", 0},
      {"text/event-stream;q=0.1234", 0},
      {"text/event-stream;q=-1", 0},
      {"text/event-stream;q=", 0},
      {"text/event-stream;q=x, */*;q=0.4", 400},
      {",,text/event-stream,,", 1000},
      {"*", 0},
      {"text", 0},
      {"*/event-stream", 0},
      {"\"", 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(stream_weight(row.first) == row.second);
  }
}

TEST_CASE("several Accept headers count as one") {
  CHECK(accepts_event_stream(with_accept({})));
  CHECK(accepts_event_stream(with_accept({"text/html", "text/event-stream"})));
  CHECK_FALSE(accepts_event_stream(with_accept({"text/html", "text/event-stream;q=0"})));
}

TEST_CASE("a browser that navigates prefers HTML, EventSource and curl do not") {
  const auto prefers_html = [](std::initializer_list<const char*> accept) {
    return prefers(with_accept(accept), "text/html");
  };
  CHECK(
      prefers_html({"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
                    "*/*;q=0.8"}));
  CHECK_FALSE(prefers_html({"text/event-stream"}));
  CHECK_FALSE(prefers_html({"*/*"}));
  CHECK_FALSE(prefers_html({}));
  CHECK_FALSE(prefers_html({"text/*"}));
}

TEST_CASE("a browser that looks for an icon prefers an image") {
  CHECK(prefers(with_accept({"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}),
                "image/png"));
  CHECK_FALSE(prefers(with_accept({"*/*"}), "image/png"));
}
