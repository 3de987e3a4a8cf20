#include "server/start_point.hpp"

#include <doctest/doctest.h>

using namespace sse;
using namespace sse::server;

TEST_CASE("people say where to start") {
  CHECK(std::holds_alternative<hub::StartLive>(parse_since("now", 0).value()));
  CHECK(std::holds_alternative<hub::StartEarliest>(parse_since("earliest", 0).value()));
  CHECK(std::get<hub::StartLast>(parse_since("-100", 0).value()).count == 100);
  CHECK(std::get<hub::StartSince>(parse_since("5m", 1'000'000).value()).time_ms == 700'000);
  CHECK(std::get<hub::StartSince>(parse_since("5m", 1).value()).time_ms == 0);
  for (const char* bad : {"", "-", "-x", "tomorrow", "5", "--5"})
    CHECK_MESSAGE(!parse_since(bad, 0), bad);
}

TEST_CASE("the header wins over the query, an empty id asks for nothing") {
  http::Request request;
  request.query = {{"since", "earliest"}};
  const auto kind = [&] { return start_point(request, hub::StartLive{}, 0).value(); };
  CHECK(std::holds_alternative<hub::StartEarliest>(kind()));
  request.query.insert(request.query.begin(), {"last-event-id", "q"});
  CHECK(std::get<hub::StartAfterId>(kind()).id == "q");
  request.headers = {{"Last-Event-ID", "h"}};
  CHECK(std::get<hub::StartAfterId>(kind()).id == "h");
  request.headers = {{"Last-Event-ID", ""}};
  request.query = {};
  CHECK(std::holds_alternative<hub::StartLive>(kind()));
}
