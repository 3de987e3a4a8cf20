#include "redis/publisher.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "redis/envelope.hpp"
#include "redis/redis_server.hpp"

using namespace std::chrono_literals;
using sse::redis::Connection;
using sse::redis::Message;
using sse::redis::PublisherOptions;
using sse::redis::RedisPublisher;
using sse::redis::Reply;
using sse::test::RedisServer;
using End = sse::redis::PublishReport::End;

namespace {

PublisherOptions options_for(const std::string& url) {
  PublisherOptions options;
  options.url = sse::redis::parse_redis_url(url).value();
  options.connection.connect_timeout = 10s;
  options.connection.reply_timeout = 10s;
  return options;
}

Message message(std::string_view channel, std::string_view data) {
  Message out;
  out.channel = channel;
  out.fields.data = data;
  return out;
}

std::string url_with(const RedisServer& server, const std::string& login, const std::string& db) {
  return "redis://" + login + "127.0.0.1:" + std::to_string(server.port()) + db;
}

// What the server counted for a command since it started ("cmdstat_publish:calls=3,...").
std::string command_stat(const RedisServer& server, const std::string& name) {
  auto connection = Connection::open(sse::redis::parse_redis_url(server.url()).value(), {});
  REQUIRE(connection.has_value());
  const std::string text = connection->command({"INFO", "commandstats"}).text;
  const std::size_t at = text.find("cmdstat_" + name + ":calls=");
  if (at == std::string::npos) return "0";
  const std::size_t begin = text.find('=', at) + 1;
  return text.substr(begin, text.find(',', begin) - begin);
}

}  // namespace

TEST_CASE("publishes over TCP and over a unix socket, in windows") {
  RedisServer server;
  for (const std::string& url : {server.url(), "redis+unix://" + server.socket_path()}) {
    PublisherOptions options = options_for(url);
    options.window = 3;
    RedisPublisher publisher(options);
    const std::vector<Message> messages(10, message("news", "hello"));
    const auto report = publisher.publish(messages);
    CHECK(report.end == End::done);
    CHECK(report.accepted == 10);
    CHECK(report.nodes == std::vector<long long>(10, 0));
  }
  CHECK(command_stat(server, "publish") == "20");
}

TEST_CASE("a subscriber gets prefix, channel and payload byte for byte, in order") {
  RedisServer server;
  auto subscriber = Connection::open(sse::redis::parse_redis_url(server.url()).value(), {});
  REQUIRE(subscriber.has_value());
  REQUIRE(subscriber->command({"SUBSCRIBE", "app:news"}).kind == Reply::Kind::array);

  PublisherOptions options = options_for(server.url());
  options.prefix = "app:";
  RedisPublisher publisher(options);
  Message rich = message("news", "{\"a\":1}");
  rich.fields.event = "tick";
  const std::string binary("a\0b\r\nc", 6);
  const std::vector<Message> messages{message("news", binary), rich};
  const auto report = publisher.publish(messages);
  CHECK(report.accepted == 2);
  CHECK(report.nodes == std::vector<long long>{1, 1});
  for (const std::string_view payload :
       {std::string_view(binary), std::string_view(R"({"event":"tick","data":"{\"a\":1}"})")}) {
    const Reply got = subscriber->read_reply();
    REQUIRE(got.elements.size() == 3);
    CHECK(got.elements[0].text == "message");
    CHECK(got.elements[1].text == "app:news");
    CHECK(got.elements[2].text == payload);
  }
  CHECK(publisher.render(messages[0]) ==
        "*3\r\n$7\r\nPUBLISH\r\n$8\r\napp:news\r\n$6\r\n" + binary + "\r\n");
  CHECK(publisher.render(messages[1]).find(R"({"event":"tick","data":"{\"a\":1}"})") !=
        std::string::npos);
}

TEST_CASE("logs in with a password, or with user and password, and selects the database") {
  RedisServer server(
      {"requirepass top", "user alice on >pw +@all ~* &news", "user bob on >pw -@all"});
  for (const std::string login : {":top@", "alice:pw@"}) {
    RedisPublisher publisher(options_for(url_with(server, login, "/5")));
    const auto report = publisher.publish(std::vector{message("news", "x")});
    CHECK_MESSAGE(report.end == End::done, report.reason);
    CHECK(report.accepted == 1);
  }
  for (const std::string login : {"", ":wrong@", "alice:top@", "bob:pw@"}) {
    RedisPublisher publisher(options_for(url_with(server, login, "")));
    const auto report = publisher.publish(std::vector{message("news", "x")});
    CHECK(report.end == End::refused);
    CHECK(report.accepted == 0);
    CHECK_FALSE(report.reason.empty());
  }
  RedisPublisher far(options_for(url_with(server, ":top@", "/9999")));
  const auto report = far.connect();
  CHECK(report.end == End::refused);
  CHECK(report.reason.find("SELECT") != std::string::npos);
}

TEST_CASE("a refused message is counted apart from the accepted ones") {
  RedisServer server({"user alice on >pw +@all ~* &news"});
  RedisPublisher publisher(options_for(url_with(server, "alice:pw@", "")));
  const std::vector<Message> messages{message("news", "1"), message("other", "2"),
                                      message("news", "3")};
  const auto report = publisher.publish(messages);
  CHECK(report.end == End::refused);
  CHECK(report.accepted == 2);
  CHECK(report.refused == 1);
  CHECK(report.nodes == std::vector<long long>{0, -1, 0});
  CHECK(report.reason.starts_with("NOPERM"));
}

TEST_CASE("no server: not connected, with a reason") {
  std::uint16_t port = 0;
  {
    RedisServer server;
    port = server.port();
  }
  RedisPublisher publisher(options_for("redis://127.0.0.1:" + std::to_string(port)));
  const auto report = publisher.publish(std::vector{message("news", "x")});
  CHECK(report.end == End::not_connected);
  CHECK(report.reason == "Connection refused");
  RedisPublisher by_socket(options_for("redis+unix:///nonexistent/redis.sock"));
  CHECK(by_socket.connect().end == End::not_connected);
}

TEST_CASE("a connection the server closed while idle is replaced") {
  RedisServer server;
  RedisPublisher publisher(options_for(server.url()));
  REQUIRE(publisher.publish(std::vector{message("news", "1")}).end == End::done);
  auto admin = Connection::open(sse::redis::parse_redis_url(server.url()).value(), {});
  REQUIRE(admin->command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).integer == 1);
  CHECK(publisher.publish(std::vector{message("news", "2")}).end == End::done);
  CHECK(command_stat(server, "publish") == "2");
}

TEST_CASE("a server that dies is noticed, one that hangs runs into the reply timeout") {
  RedisServer server;
  PublisherOptions options = options_for(server.url());
  options.connection.reply_timeout = 50ms;
  RedisPublisher publisher(options);
  REQUIRE(publisher.connect().end == End::done);
  server.pause();
  const auto stalled = publisher.publish(std::vector{message("news", "x")});
  CHECK(stalled.end == End::lost);
  CHECK(stalled.reason == "no reply within 50ms");
  CHECK(stalled.accepted == 0);
  server.kill();
  CHECK(publisher.publish(std::vector{message("news", "x")}).end == End::not_connected);
}

TEST_CASE("waiting for a reply ends when the interrupt descriptor becomes readable") {
  RedisServer server;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  PublisherOptions options = options_for(server.url());
  options.connection.interrupt_fd = pipe[0];
  RedisPublisher publisher(options);
  REQUIRE(publisher.connect().end == End::done);
  server.pause();
  std::jthread writer([&] { CHECK(::write(pipe[1], "x", 1) == 1); });
  CHECK(publisher.publish(std::vector{message("news", "x")}).end == End::interrupted);
  ::close(pipe[0]);
  ::close(pipe[1]);
}
