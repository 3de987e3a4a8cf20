#include "net/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace sse;

namespace {

Result<net::ListenAddress> parse_listen_address(std::string_view text) {
  auto addresses = net::parse_listen_address(text);
  if (!addresses) return tl::unexpected(addresses.error());
  REQUIRE(addresses->size() == 1);
  return std::move(addresses->front());
}

std::vector<std::string> urls(std::string_view text) {
  const auto addresses = net::parse_listen_address(text);
  REQUIRE(addresses);
  std::vector<std::string> urls;
  for (const net::ListenAddress& address : *addresses) urls.push_back(address.url());
  return urls;
}

bool has_ipv6() {
  const Fd fd(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

TEST_CASE("addresses are read in every spelling") {
  CHECK(parse_listen_address("127.0.0.1:8080")->url() == "http://127.0.0.1:8080");
  CHECK(parse_listen_address("8080")->url() == "http://127.0.0.1:8080");
  CHECK(parse_listen_address("*:80")->url() == "http://0.0.0.0:80");
  CHECK(parse_listen_address("[::1]:0")->url() == "http://[::1]:0");
  CHECK(parse_listen_address("unix:/run/x.sock")->url() == "unix:/run/x.sock");
}

TEST_CASE("TLS is asked for by scheme") {
  const auto tls = [](std::string_view text) { return parse_listen_address(text)->tls; };
  CHECK(tls("127.0.0.1:1") == net::ListenTls::unstated);
  CHECK(tls("http://127.0.0.1:1") == net::ListenTls::off);
  CHECK(tls("https://[::1]:1") == net::ListenTls::on);
  CHECK(tls("unix:/x") == net::ListenTls::off);
  CHECK(parse_listen_address("https://127.0.0.1:1")->url() == "https://127.0.0.1:1");
  const auto all = net::parse_listen_address("https://localhost:1");
  REQUIRE(all);
  for (const net::ListenAddress& address : *all) CHECK(address.tls == net::ListenTls::on);
}

TEST_CASE("a name is all its addresses this machine has") {
  using Urls = std::vector<std::string>;
  if (!has_ipv6()) {
    CHECK(urls("localhost:1") == Urls{"http://127.0.0.1:1"});
    return;
  }
  CHECK(urls("localhost:1") == Urls{"http://127.0.0.1:1", "http://[::1]:1"});
  CHECK(urls(":1") == Urls{"http://0.0.0.0:1", "http://[::]:1"});
  auto every = *net::parse_listen_address(":0");
  const auto first = net::listen_on(every[0], {}, true, true);
  REQUIRE(first);
  every[1].set_port(every[0].port());
  CHECK(net::listen_on(every[1], {}, true, true));
}

TEST_CASE("what is no address is refused") {
  for (const char* bad : {"", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                          "127.0.0.1:8x", "::1:80", "unix:", "no such host:80", "ftp://127.0.0.1:1",
                          "https://", "https://unix:/x", "http://127.0.0.1:1/"})
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

TEST_CASE("a socket file whose server does not answer is in use, and not waited for") {
  auto address = *parse_listen_address("unix:address_test_busy.sock");
  const auto busy = net::listen_on(address, {.backlog = 0}, false, true);
  REQUIRE(busy);
  std::vector<Fd> waiting;
  int connected = 0;
  while (connected == 0) {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connected = ::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&address.address),
                          address.length);
  }
  REQUIRE(errno == EAGAIN);
  const auto second = net::listen_on(address, {}, false, true);
  REQUIRE(!second);
  CHECK(second.error().message.find("in use") != std::string::npos);
  ::unlink(address.unix_path.c_str());
}
