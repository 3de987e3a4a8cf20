#include "server/publication.hpp"

#include <doctest/doctest.h>

using namespace sse;
using namespace sse::server;

namespace {

http::Request batch(std::string body) {
  http::Request request;
  request.headers = {{"Content-Type", "text/event-stream; charset=utf-8"}};
  request.body = std::move(body);
  return request;
}

}  // namespace

TEST_CASE("a body is data as it is") {
  http::Request request;
  request.body = "a\r\nb: c\n";
  request.query = {{"event", "e"}, {"id", ""}, {"retry", "10"}};
  const auto publication = read_publication(request, 1000);
  REQUIRE(publication);
  const EventFields& fields = publication->fields()[0];
  CHECK(fields.data == "a\r\nb: c\n");
  CHECK(fields.event == "e");
  CHECK(fields.id == "");
  CHECK(fields.retry_ms == 10);
}

TEST_CASE("a batch keeps the ids that blocks had, and only those") {
  const http::Request request =
      batch("data: 1\n\nid: a\ndata: 2\n\ndata: 3\n\nid: b\n\ndata: 4\n\nretry: 5\ndata: 5");
  const auto publication = read_publication(request, 1000);
  REQUIRE(publication);
  const auto fields = publication->fields();
  REQUIRE(fields.size() == 5);
  CHECK(!fields[0].id);
  CHECK(fields[1].id == "a");
  CHECK(!fields[2].id);
  CHECK(!fields[3].id);
  CHECK(fields[4].retry_ms == 5);
  CHECK(fields[4].data == "5");
}

TEST_CASE("what cannot be published is refused whole, with the reason") {
  CHECK(!read_publication(batch(""), 1000));
  CHECK(!read_publication(batch(": only a comment\n\n"), 1000));
  CHECK(!read_publication(batch("data: " + std::string(2000, 'x')), 1000));
}

TEST_CASE("a receipt is one line of JSON") {
  ReceiptFacts facts{.channel = "news", .ids = {"e-1", "\"own\""}, .streams = 4};
  CHECK(receipt(facts) ==
        "{\"channel\":\"news\",\"ids\":[\"e-1\",\"\\\"own\\\"\"],\"streams\":4}\n");
  facts = {.channel = "news", .ids = {}, .duplicates = 2, .streams = 0, .nodes = 3};
  CHECK(receipt(facts) ==
        "{\"channel\":\"news\",\"ids\":[],\"duplicates\":2,\"streams\":0,\"nodes\":3}\n");
}
