#include "redis/redis_url.hpp"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "redis/login.hpp"
#include "redis/moved.hpp"
#include "redis/tls.hpp"

using sse::redis::complete_login;
using sse::redis::masked;
using sse::redis::moved_to;
using sse::redis::parse_redis_url;

TEST_CASE("a TCP URL has defaults for all but the host") {
  const auto url = parse_redis_url("redis://localhost").value();
  CHECK(url.host == "localhost");
  CHECK(url.port == 6379);
  CHECK(url.db == 0);
  CHECK(url.user.empty());
  CHECK(url.password.empty());
  CHECK(url.unix_path.empty());
}

TEST_CASE("a TCP URL with everything") {
  const auto url = parse_redis_url("redis://al%40ice:p%3Aw%2f@[::1]:7000/12").value();
  CHECK(url.host == "::1");
  CHECK(url.port == 7000);
  CHECK(url.db == 12);
  CHECK(url.user == "al@ice");
  CHECK(url.password == "p:w/");
  CHECK(masked(url) == "redis://al%40ice:***@[::1]:7000/12");
}

TEST_CASE("a password alone logs in the default user") {
  const auto url = parse_redis_url("redis://:secret@h/").value();
  CHECK(url.user.empty());
  CHECK(url.password == "secret");
  CHECK(masked(url) == "redis://:***@h:6379");
  CHECK(parse_redis_url("redis://:a@b@h").value().password == "a@b");
}

TEST_CASE("a user alone waits for a password from elsewhere") {
  auto url = parse_redis_url("redis://bob@h").value();
  CHECK(url.user == "bob");
  CHECK(url.password.empty());
  CHECK(masked(url) == "redis://bob@h:6379");
  CHECK(masked(parse_redis_url("redis+unix://bob@/r.sock").value()) == "redis+unix://bob@/r.sock");
  CHECK_FALSE(complete_login(url, ""));
  ::setenv("REDISCLI_AUTH", "from-environment", 1);
  REQUIRE(complete_login(url, ""));
  CHECK(url.password == "from-environment");
  REQUIRE(complete_login(url, ""));
  REQUIRE(complete_login(url, "from-file"));
  CHECK(url.password == "from-file");
  ::unsetenv("REDISCLI_AUTH");
  CHECK(masked(url) == "redis://bob:***@h:6379");
}

TEST_CASE("nobody needs a password, and one in the URL beats the environment") {
  auto url = parse_redis_url("redis://h").value();
  REQUIRE(complete_login(url, ""));
  CHECK(url.password.empty());
  url = parse_redis_url("redis://bob:own@h").value();
  ::setenv("REDISCLI_AUTH", "from-environment", 1);
  REQUIRE(complete_login(url, ""));
  ::unsetenv("REDISCLI_AUTH");
  CHECK(url.password == "own");
}

TEST_CASE("MOVED names the member that has the keys") {
  const auto asked = parse_redis_url("redis://bob:pw@h:7000").value();
  const auto there = moved_to("MOVED 3999 10.0.0.2:6381", asked).value();
  CHECK(there.host == "10.0.0.2");
  CHECK(there.port == 6381);
  CHECK(there.user == "bob");
  CHECK(there.password == "pw");
  CHECK(moved_to("MOVED 3999 :6381", asked).value().host == "h");
  CHECK(moved_to("MOVED 3999 2001:db8::1:6381", asked).value().host == "2001:db8::1");
  const auto socket = parse_redis_url("redis+unix:///r.sock").value();
  CHECK(moved_to("MOVED 1 h:1", socket).value().unix_path.empty());
  for (const char* other : {"", "ERR", "MOVED", "MOVED 1", "MOVED 1 h", "MOVED 1 h:0",
                            "MOVED 1 h:65536", "ASK 1 h:1", "x MOVED 1 h:1"})
    CHECK_MESSAGE(!moved_to(other, asked), other);
}

TEST_CASE("a unix socket URL") {
  const auto url = parse_redis_url("redis+unix://u:p@/run/my%20redis.sock?db=3").value();
  CHECK(url.unix_path == "/run/my redis.sock");
  CHECK(url.db == 3);
  CHECK(url.user == "u");
  CHECK(url.host.empty());
  CHECK(parse_redis_url("redis+unix:///run/r.sock").value().unix_path == "/run/r.sock");
}

TEST_CASE("what is no Redis URL is refused, and no password repeated") {
  for (const char* bad : {"",
                          "localhost",
                          "http://h",
                          "redis://",
                          "redis://:1",
                          "redis://h:0",
                          "redis://h:65536",
                          "redis://h:x",
                          "redis://h/x",
                          "redis://h/-1",
                          "redis://h/1/2",
                          "redis://h?db=1",
                          "redis://@h",
                          "redis://se%zz@h",
                          "redis://:@h",
                          "redis://u:secret%zz@h",
                          "redis://u:secret%4@h",
                          "redis://u:sec/secret@h",
                          "redis://u:1/secret@h",
                          "redis+unix://u:1/x?db=secret@/r.sock",
                          "redis://[::1",
                          "redis://[[]",
                          "redis://[localhost]:6379",
                          "redis://[::1]6379",
                          "redis+unix://run/r.sock",
                          "redis+unix://",
                          "redis+unix:///r%00.sock",
                          "redis+unix:///r%zz.sock",
                          "redis+unix:///r?x=1",
                          "redis+unix:///r?db="}) {
    const auto url = parse_redis_url(bad);
    CHECK_MESSAGE(!url, bad);
    if (!url) CHECK_MESSAGE(url.error().message.find("secret") == std::string::npos, bad);
  }
}

TEST_CASE("a socket path is as long as the system takes") {
  const std::string longest = "/" + std::string(106, 'x');
  CHECK(parse_redis_url("redis+unix://" + longest).value().unix_path == longest);
  CHECK_FALSE(parse_redis_url("redis+unix://" + longest + "x"));
  CHECK_FALSE(parse_redis_url(std::string("redis://h\0x", 11)));
}

TEST_CASE("sentinels are told apart from the master they know") {
  const auto url = parse_redis_url("redis+sentinel://bob:secret@a,[::1]:7,c:8/my%20one/3").value();
  CHECK(url.host.empty());
  CHECK(url.user == "bob");
  CHECK(url.sentinels == std::vector<sse::redis::RedisAddress>{{"a", 26379}, {"::1", 7}, {"c", 8}});
  CHECK(url.master == "my%20one");
  CHECK(url.db == 3);
  CHECK(masked(url) == "redis+sentinel://bob:***@a:26379,[::1]:7,c:8/my%20one/3");
  for (const char* const bad :
       {"redis+sentinel://", "redis+sentinel://a", "redis+sentinel://a/", "redis+sentinel:///one",
        "redis+sentinel://a,/one", "redis+sentinel://a,b:x/one", "redis+sentinel://a/one/x",
        "redis+sentinel://a/one?db=1", "redis+sentinel://u:sec/secret@h/one"}) {
    const auto refused = parse_redis_url(bad);
    CHECK_MESSAGE(!refused, bad);
    if (!refused) CHECK_MESSAGE(refused.error().message.find("secret") == std::string::npos, bad);
  }
}

TEST_CASE("rediss is TLS, or says why not") {
  const auto url = parse_redis_url("rediss://:secret@h");
  if (sse::redis::supports_tls()) {
    REQUIRE(url);
    CHECK(url->tls);
    CHECK(masked(*url) == "rediss://:***@h:6379");
    return;
  }
  REQUIRE(!url);
  CHECK(url.error().message.find("no TLS") != std::string::npos);
  CHECK(url.error().message.find("secret") == std::string::npos);
}
