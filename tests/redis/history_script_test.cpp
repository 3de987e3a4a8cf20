#include "redis/history_script.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "redis/envelope.hpp"
#include "redis/redis_server.hpp"

using namespace sse::redis;
using sse::test::RedisServer;

namespace {

/// A client of a hub, as a node or a publisher is one.
class Client {
 public:
  explicit Client(const RedisServer& server, std::string run = "run1")
      : run_(std::move(run)),
        connection_(Connection::open(parse_redis_url(server.url()).value(), {}).value()) {
    take_over_ = load(take_over_script());
    publish_ = load(publish_script());
    read_ = load(read_script());
  }

  Reply run(const Words& words) { return connection_.command({words.begin(), words.end()}); }
  Reply plain(const std::vector<std::string_view>& words) { return connection_.command(words); }

  HubState take_over(const Seen& seen = {}, std::optional<HistoryLimits> limits = {},
                     std::string_view candidate = "e1") {
    return read_take_over(run(take_over_call(take_over_, keys, run_, candidate, seen, limits)))
        .value();
  }
  sse::Result<PublishAnswer> publish(std::string_view channel, const std::vector<std::string>& data,
                                     std::string_view producer = {}, std::uint64_t number = 0) {
    std::vector<std::string> events;
    for (const std::string& text : data) {
      sse::EventFields fields;
      fields.data = text;
      events.push_back(encode_event(fields));
    }
    PublishCall call{channel, events, run_, "e1", producer, number, 60'000};
    return read_publish(run(publish_call(publish_, keys, call)));
  }
  ReadAnswer read(std::string_view channel, std::optional<std::uint64_t> from = {},
                  bool backwards = false, std::size_t count = 1000,
                  std::size_t bytes = kPageBytesMax) {
    return read_read(
               run(read_call(read_, keys,
                             {channel, backwards ? ReadCall::What::tail : ReadCall::What::events,
                              from, count, bytes})))
        .value();
  }

  HubKeys keys = HubKeys::make("").value();

  ReadAnswer read_numbers(std::string_view channel, std::size_t count) {
    ReadCall call{channel, ReadCall::What::numbers, {}, count, kPageBytesMax};
    return read_read(run(read_call(read_, keys, call))).value();
  }

 private:
  std::string load(const std::string& script) {
    return connection_.command({"SCRIPT", "LOAD", script}).text;
  }

  std::string run_;
  Connection connection_;
  std::string take_over_;
  std::string publish_;
  std::string read_;
};

std::vector<std::uint64_t> numbers(const ReadAnswer& answer) {
  std::vector<std::uint64_t> out;
  for (const std::string& message : answer.messages)
    out.push_back(decode_envelope(message).value().place.value().seq);
  return out;
}

}  // namespace

TEST_CASE("limits of a history are read by their form") {
  const HistoryLimits limits = parse_history_limits("500,24h,64mb").value();
  CHECK(limits.events == 500);
  CHECK(limits.age_ms == 24u * 3600 * 1000);
  CHECK(limits.bytes == 64u << 20);
  CHECK(parse_history_limits("10m").value().age_ms == 600'000);
  CHECK(parse_history_limits("10mb").value().events == 0);
  for (const char* bad :
       {"", ",", "x", "5,", "-1", "10q", "10,20", "1us", "0s", "1h,2h", "1mb,1h,2mb"})
    CHECK_MESSAGE(!parse_history_limits(bad).has_value(), bad);
}

TEST_CASE("one counter numbers the events of all channels") {
  const RedisServer server;
  Client client(server);
  CHECK(client.take_over().epoch == "e1");
  CHECK(client.publish("a", {"1", "2"}).value().first == 1);
  CHECK(client.publish("b", {"3"}).value().first == 3);
  const PublishAnswer third = client.publish("a", {"4"}).value();
  CHECK(third.epoch == "e1");
  CHECK(third.first == 4);
  CHECK(third.count == 1);

  const ReadAnswer all = client.read("a");
  CHECK(all.epoch == "e1");
  CHECK(all.last == 4);
  CHECK(all.nth == 3);
  CHECK(numbers(all) == std::vector<std::uint64_t>{1, 2, 4});
  const Envelope last = decode_envelope(all.messages.back()).value();
  CHECK(last.id == "e1-4");
  CHECK(last.data == "4");
  CHECK(last.place->prev == 2);
  CHECK(last.place->nth == 3);
  CHECK(last.place->time_ms > 1'700'000'000'000);
  CHECK(numbers(client.read("a", 2)) == std::vector<std::uint64_t>{4});
  CHECK(numbers(client.read("a", {}, true, 2)) == std::vector<std::uint64_t>{4, 2});
  CHECK(numbers(client.read("a", 4, true, 2)) == std::vector<std::uint64_t>{2, 1});
  CHECK(client.read_numbers("a", 2).messages == std::vector<std::string>{"4", "2"});
  CHECK(client.read("never").last == 0);
  CHECK(!all.more);
  CHECK(client.read("a", {}, false, 3).more);
  CHECK(client.read("a", {}, false, 1000, 1).messages.size() == 1);
  CHECK(client.read("a", {}, false, 1000, 1).more);
}

TEST_CASE("a publisher's own id stays") {
  const RedisServer server;
  Client client(server);
  sse::EventFields fields;
  fields.id = "mine";
  fields.data = "x";
  const std::vector<std::string> events{encode_event(fields)};
  CHECK(events[0].front() == '=');
  client.take_over();
  const std::string sha = client.plain({"SCRIPT", "LOAD", publish_script()}).text;
  client.run(publish_call(sha, client.keys, {"a", events, "run1", "e1", {}, 0, 0}));
  CHECK(decode_envelope(client.read("a").messages.at(0)).value().id == "mine");
}

TEST_CASE("history is held to its limits, a sixteenth over at most") {
  const RedisServer server;
  Client client(server);
  client.take_over({}, HistoryLimits{.events = 160, .bytes = 0, .age_ms = 0});
  for (int i = 0; i < 1000; ++i) client.publish("a", {"x"});
  const ReadAnswer held = client.read("a");
  CHECK(held.messages.size() >= 160);
  CHECK(held.messages.size() <= 170);
  CHECK(numbers(held).back() == 1000);
  CHECK(held.nth == 1000);

  client.take_over({}, HistoryLimits{.events = 0, .bytes = 16'000, .age_ms = 0});
  for (int i = 0; i < 100; ++i) client.publish("b", {std::string(1000, 'x')});
  std::size_t bytes = 0;
  for (const std::string& message : client.read("b").messages) bytes += message.size();
  CHECK(bytes >= 14'900);
  CHECK(bytes <= 17'100);
  client.publish("b", {std::string(100'000, 'x')});
  CHECK(client.read("b").messages.size() == 1);
}

TEST_CASE("what a producer published before is left out") {
  const RedisServer server;
  Client client(server);
  client.take_over();
  CHECK(client.publish("a", {"1", "2"}, "key", 1).value().count == 2);
  CHECK(client.publish("a", {"1", "2"}, "key", 1).value().count == 0);
  CHECK(client.publish("a", {"2", "3"}, "key", 2).value().count == 1);
  CHECK(client.publish("a", {"1"}, "other", 1).value().count == 1);
  CHECK(client.read("a").nth == 4);
}

TEST_CASE("another Redis process counts only after a take-over") {
  const RedisServer server;
  Client before(server);
  before.take_over();
  before.publish("a", {"1", "2"});
  Client after(server, "run2");
  const auto refused = after.publish("a", {"3"});
  REQUIRE(!refused.has_value());
  CHECK(is_other_run(refused.error().message));
  CHECK(after.take_over({"e1", 2, "run1"}, {}, "e2").epoch == "e1");
  CHECK(after.publish("a", {"3"}).value().first == 3);
  CHECK(is_other_run(before.publish("a", {"4"}).error().message));
}

TEST_CASE("lost events give the hub a new epoch, whoever notices") {
  const RedisServer server;
  Client client(server);
  client.take_over();
  client.publish("a", {"1", "2"});
  Client second(server, "run2");
  second.take_over();
  second.publish("a", {"3", "4", "5"});
  Client third(server, "run3");
  third.take_over();
  // Saw number 4 of the first process, but the second began at 2.
  CHECK(third.take_over({"e1", 2, "run1"}, {}, "e2").epoch == "e1");
  CHECK(third.take_over({"e1", 4, "run1"}, {}, "e2").epoch == "e2");
  CHECK(third.read("a").messages.empty());
  CHECK(third.publish("a", {"6"}).value().epoch == "e2");
  CHECK(numbers(third.read("a")).size() == 1);
  // Of a dead epoch: nothing to compare with.
  CHECK(third.take_over({"e1", 99, "run1"}, {}, "e3").epoch == "e2");
}

TEST_CASE("a flushed hub begins again") {
  const RedisServer server;
  Client client(server);
  client.take_over();
  client.publish("a", {"1", "2"});
  client.plain({"FLUSHALL"});
  CHECK(client.take_over({"e1", 2, "run1"}, {}, "e2").epoch == "e2");
  CHECK(client.publish("a", {"1"}).value().first == 1);
}

TEST_CASE("a foreign value under a key is an error and stays") {
  const RedisServer server;
  Client client(server);
  client.take_over();
  client.plain({"SET", client.keys.stream("a"), "mine"});
  const auto refused = client.publish("a", {"1"});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().message.find("WRONGTYPE") != std::string::npos);
  CHECK(client.plain({"GET", client.keys.stream("a")}).text == "mine");
  CHECK(client.publish("b", {"1"}).value().first == 1);
}

TEST_CASE("an idle history goes with its age") {
  const RedisServer server;
  Client client(server);
  client.take_over({}, HistoryLimits{.events = 0, .bytes = 0, .age_ms = 50});
  client.publish("a", {"1"});
  while (!client.read("a").messages.empty()) {
  }
  const ReadAnswer gone = client.read("a");
  CHECK(gone.last == 1);  // so that a resume is told of a gap
  CHECK(client.publish("a", {"2"}).value().first == 2);
  CHECK(decode_envelope(client.read("a").messages.at(0)).value().place->prev == 1);
}
