#include "net/address.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace sse;
using net::parse_listen_address;

TEST_CASE("addresses are read in every spelling") {
  CHECK(parse_listen_address("127.0.0.1:8080")->url() == "http://127.0.0.1:8080");
  CHECK(parse_listen_address("8080")->url() == "http://127.0.0.1:8080");
  CHECK(parse_listen_address("*:80")->url() == "http://0.0.0.0:80");
  CHECK(parse_listen_address("[::1]:0")->url() == "http://[::1]:0");
  CHECK(parse_listen_address("unix:/run/x.sock")->url() == "unix:/run/x.sock");
}

TEST_CASE("what is no address is refused") {
  for (const char* bad : {"", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                          "127.0.0.1:8x", "::1:80", "unix:", "no such host:80"})
    CHECK_MESSAGE(!parse_listen_address(bad), bad);
  CHECK(!parse_listen_address("unix:" + std::string(200, 'x')));
}

TEST_CASE("only loopback and unix sockets are local") {
  CHECK(parse_listen_address("127.9.9.9:1")->is_local());
  CHECK(parse_listen_address("[::1]:1")->is_local());
  CHECK(parse_listen_address("unix:/x")->is_local());
  CHECK(!parse_listen_address("0.0.0.0:1")->is_local());
  CHECK(!parse_listen_address("[::]:1")->is_local());
}

TEST_CASE("sockets of one process share an address, another process does not get it") {
  auto address = *parse_listen_address("127.0.0.1:0");
  const auto first = net::listen_on(address, {}, true, true);
  REQUIRE(first);
  CHECK(address.url() != "http://127.0.0.1:0");
  CHECK(net::listen_on(address, {}, true, false));
  const auto other = net::listen_on(address, {}, true, true);
  REQUIRE(!other);
  CHECK(other.error().message.find("in use") != std::string::npos);
}

TEST_CASE("a socket file nobody answers on is replaced, one in use is not") {
  auto address = *parse_listen_address("unix:address_test.sock");
  { REQUIRE(net::listen_on(address, {}, false, true)); }
  const auto again = net::listen_on(address, {}, false, true);
  REQUIRE(again);
  CHECK(!net::listen_on(address, {}, false, true));
  ::unlink(address.unix_path.c_str());
}
