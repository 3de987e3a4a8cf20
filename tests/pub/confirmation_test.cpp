#include "sse-pub/confirmation.hpp"

#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "sse-pub/uuid.hpp"

using sse::pub::Acceptance;
using sse::pub::Batch;
using sse::pub::confirmation;
using sse::pub::OutgoingEvent;

TEST_CASE("a confirmation says what is known and leaves out the rest") {
  std::vector<OutgoingEvent> events(2);
  events[0].channel = events[1].channel = "news";
  events[1].id = "mine";
  const Batch batch{events, "key", 7};
  const Batch keyless{events, {}, 1};
  CHECK(confirmation(keyless, 0, {}) == R"({"number":1,"channel":"news"})");
  Acceptance known;
  known.id = "e-1";
  known.streams = 3;
  CHECK(confirmation(batch, 0, known) ==
        R"({"producer":"key","number":7,"channel":"news","id":"e-1","streams":3})");
  Acceptance again;
  again.duplicate = true;
  CHECK(confirmation(batch, 1, again) ==
        R"({"producer":"key","number":8,"channel":"news","id":"mine","duplicate":true})");
  Acceptance redis;
  redis.nodes = 0;
  CHECK(confirmation(keyless, 0, redis) == R"({"number":1,"channel":"news","nodes":0})");
}

TEST_CASE("a random UUID is of version 4 and never twice the same") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = sse::pub::random_uuid();
    REQUIRE(uuid.size() == 36);
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
    seen.insert(uuid);
  }
  CHECK(seen.size() == 1000);
}
