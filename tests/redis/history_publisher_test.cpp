#include "redis/history_publisher.hpp"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "redis/redis_server.hpp"

using namespace sse::redis;
using sse::test::RedisServer;

TEST_CASE("a hub that is flushed again and again never gets an epoch twice") {
  const RedisServer server;
  const RedisUrl url = parse_redis_url(server.url()).value();
  Connection other = Connection::open(url, {}).value();
  HistoryPublisherOptions options{.url = url, .keys = HubKeys::make("").value(), .connection = {}};
  HistoryPublisher publisher(options);
  Message message;
  message.channel = "news";
  message.fields.data = "x";
  std::set<std::string> epochs;
  for (int i = 0; i < 4; ++i) {
    const HistoryReport report = publisher.publish(std::span(&message, 1));
    REQUIRE(report.published.accepted == 1);
    epochs.insert(report.answers.at(0).given.value().epoch);
    other.command({"FLUSHALL"});
  }
  CHECK(epochs.size() == 4);
}
