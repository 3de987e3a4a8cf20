#include "net/tls_session.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "net/tls_support.hpp"

using namespace sse;
using namespace sse::test;
using Handshake = net::TlsSession::Handshake;

namespace {

ssize_t write(net::TlsSession& session, std::string_view bytes) {
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return session.write(&piece, 1);
}

std::string read_server(net::TlsSession& session) {
  std::string buffer(64, '\0');
  std::string out;
  for (;;) {
    const ssize_t got = session.read(buffer.data(), buffer.size());
    if (got <= 0) return out;
    out.append(buffer, 0, static_cast<std::size_t>(got));
  }
}

void fill_socket(int fd) {
  const std::string junk(64u << 10, 'x');
  while (::send(fd, junk.data(), junk.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) continue;
}

// Random bytes, so that nothing lost or doubled goes unnoticed; the same in every run.
std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

TEST_CASE("both ends hear each other") {
  TlsPair pair(context_for(), {});
  REQUIRE(pair.handshake() == Handshake::done);
  CHECK(pair.server.version() == "TLSv1.3");
  CHECK(pair.client.is_connected());
  CHECK(write(pair.server, "event") == 5);
  CHECK(pair.client.read(99) == "event");
  pair.client.write("request");
  CHECK(read_server(pair.server) == "request");
  CHECK_FALSE(pair.server.has_unsent());
}

TEST_CASE("TLS 1.2 will do, TLS 1.1 will not") {
  TlsPair old(context_for(), {.version_max = TLS1_2_VERSION});
  REQUIRE(old.handshake() == Handshake::done);
  CHECK(old.server.version() == "TLSv1.2");
  CHECK(write(old.server, "event") == 5);
  CHECK(old.client.read(99) == "event");
  TlsPair older(context_for(), {.version_max = TLS1_1_VERSION});
  CHECK(older.handshake() == Handshake::failed);
  CHECK(older.server.error() == "no shared protocol version");
  CHECK(older.client.error() == "tlsv1 alert protocol version");
}

TEST_CASE("the application protocol is the best both know") {
  const auto both = context_for();
  const auto only_http1 = context_for({}, false);
  struct {
    std::shared_ptr<const net::TlsContext> context;
    std::vector<std::string> offered;
    std::string chosen;
  } const cases[] = {
      {both, {"http/1.1", "h2"}, "h2"},
      {both, {"http/1.1"}, "http/1.1"},
      {both, {"h3", "http/1.1"}, "http/1.1"},
      {both, {}, ""},
      {only_http1, {"h2", "http/1.1"}, "http/1.1"},
  };
  for (const auto& one : cases) {
    TlsPair pair(one.context, {.protocols = one.offered});
    REQUIRE(pair.handshake() == Handshake::done);
    CHECK(pair.client.protocol() == one.chosen);
    CHECK(pair.server.speaks_http2() == (one.chosen == "h2"));
  }
}

TEST_CASE("a client that offers only other application protocols is told") {
  for (const char* other : {"spdy/3", "ftp"}) {
    TlsPair pair(context_for(), {.protocols = {other}});
    CHECK(pair.handshake() == Handshake::failed);
    CHECK(pair.server.error() == "no shared application protocol (ALPN)");
    CHECK(pair.client.error() == "tlsv1 alert no application protocol");
  }
}

TEST_CASE("what is not TLS is named") {
  const std::pair<const char*, const char*> cases[] = {
      {"GET /news HTTP/1.1\r\n\r\n", "plain HTTP sent to a TLS port"},
      {"POST /news HTTP/1.1\r\n\r\n", "plain HTTP sent to a TLS port"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "what is not TLS sent to a TLS port"},
  };
  for (const auto& [bytes, error] : cases) {
    TlsPair pair(context_for(), {});
    REQUIRE(write_all(pair.client_fd.get(), bytes));
    CHECK(pair.server.handshake() == Handshake::failed);
    CHECK(pair.server.error() == error);
  }
}

TEST_CASE("a client that leaves during the handshake is an error, not a signal") {
  TlsPair pair(context_for(), {});
  pair.client.handshake();
  pair.client_fd.reset();
  Handshake state = pair.server.handshake();
  while (state != Handshake::failed) state = pair.server.handshake();
  CHECK_FALSE(pair.server.error().empty());
}

TEST_CASE("pieces leave as one record") {
  TlsPair pair(context_for(), {});
  REQUIRE(pair.handshake() == Handshake::done);
  pair.client.read(1);  // the ticket
  const std::string parts[] = {"id: 1\n", "", "data: x\n", "\n"};
  std::vector<iovec> pieces;
  for (const std::string& part : parts)
    pieces.push_back({const_cast<char*>(part.data()), part.size()});
  CHECK(pair.server.write(pieces.data(), pieces.size()) == 15);
  std::string wire(4096, '\0');
  const ssize_t size = ::recv(pair.client_fd.get(), wire.data(), wire.size(), MSG_PEEK);
  CHECK(size == 5 + 15 + 1 + 16);  // header, text, its type, tag
  CHECK(pair.client.read(99) == "id: 1\ndata: x\n\n");
}

TEST_CASE("against a full socket nothing is lost, nothing comes twice") {
  TlsPair pair(context_for(), {});
  REQUIRE(pair.handshake() == Handshake::done);
  const std::string bytes = noise(3u << 20);
  std::mt19937 random(1);
  std::string received;
  std::size_t written = 0;
  unsigned refusals = 0;
  while (received.size() < bytes.size()) {
    while (written < bytes.size()) {
      const std::size_t size = std::min<std::size_t>(random() % 60'000 + 1, bytes.size() - written);
      const std::size_t half = size / 2;
      char* const at = const_cast<char*>(bytes.data()) + written;
      const iovec pieces[] = {{at, half}, {at + half, size - half}};
      const ssize_t taken = pair.server.write(pieces, 2);
      if (taken < 0) {
        REQUIRE(errno == EAGAIN);
        REQUIRE(pair.server.has_unsent());
        ++refusals;
        break;
      }
      REQUIRE(taken == static_cast<ssize_t>(size));
      written += size;
    }
    received += pair.client.read(random() % 90'000 + 1);
    if (written == bytes.size()) pair.server.flush();
  }
  CHECK(refusals > 0);
  CHECK(received == bytes);
  CHECK(pair.server.flush());
  CHECK_FALSE(pair.server.has_unsent());
}

TEST_CASE("what the poller cannot see is pending") {
  TlsPair pair(context_for(), {});
  REQUIRE(pair.handshake() == Handshake::done);
  pair.client.write("abcdef");
  char buffer[4];
  REQUIRE(pair.server.read(buffer, sizeof buffer) == 4);
  CHECK(pair.server.has_pending_input());
  CHECK(pair.server.read(buffer, sizeof buffer) == 2);
  CHECK_FALSE(pair.server.has_pending_input());
  CHECK(pair.server.read(buffer, sizeof buffer) == -1);
  CHECK(errno == EAGAIN);
}

TEST_CASE("the farewell comes after everything, also through a full socket") {
  TlsPair pair(context_for(), {});
  REQUIRE(pair.handshake() == Handshake::done);
  const std::string bytes = noise(600'000);
  std::size_t written = 0;
  while (written < bytes.size()) {
    if (write(pair.server, std::string_view(bytes).substr(written, 10'000)) < 0) break;
    written += 10'000;
  }
  REQUIRE(pair.server.has_unsent());
  pair.server.close_notify();
  std::string received;
  while (!pair.client.has_ended_well()) {
    pair.server.flush();
    received += pair.client.read(50'000);
  }
  CHECK(received == bytes.substr(0, written));
}

TEST_CASE("the end of the peer is an end, with a farewell and without") {
  for (const bool says_so : {true, false}) {
    TlsPair pair(context_for(), {});
    REQUIRE(pair.handshake() == Handshake::done);
    pair.client.write("last");
    if (says_so) SSL_shutdown(pair.client.native());
    ::shutdown(pair.client_fd.get(), SHUT_WR);
    char buffer[99];
    CHECK(pair.server.read(buffer, sizeof buffer) == 4);
    CHECK(pair.server.read(buffer, sizeof buffer) == 0);
    CHECK(write(pair.server, "still") == 5);  // half-closed: it may still listen
    CHECK(pair.client.read(99) == "still");
  }
}

TEST_CASE("a dead socket is told by errno, again and again") {
  TlsPair pair(context_for(), {});
  REQUIRE(pair.handshake() == Handshake::done);
  pair.client_fd.reset();
  CHECK(write(pair.server, "x") == -1);
  CHECK(errno == EPIPE);
  CHECK(write(pair.server, "x") == -1);
  CHECK(errno == EPIPE);
  pair.server.close_notify();
}

TEST_CASE("what is not TLS behind the handshake ends the session") {
  TlsPair pair(context_for(), {});
  REQUIRE(pair.handshake() == Handshake::done);
  REQUIRE(write_all(pair.client_fd.get(), "this is no record"));
  char buffer[99];
  CHECK(pair.server.read(buffer, sizeof buffer) == -1);
  CHECK(errno == EPROTO);
  CHECK_FALSE(pair.server.error().empty());
  CHECK(write(pair.server, "x") == -1);
}

TEST_CASE("a client may not negotiate again") {
  TlsPair pair(context_for(), {.version_max = TLS1_2_VERSION});
  REQUIRE(pair.handshake() == Handshake::done);
  SSL_renegotiate(pair.client.native());
  SSL_do_handshake(pair.client.native());
  char buffer[99];
  CHECK(pair.server.read(buffer, sizeof buffer) == -1);
  CHECK(errno == EAGAIN);
  CHECK_FALSE(pair.client.handshake());
  CHECK(pair.client.error() == "no renegotiation");
}

TEST_CASE("a peer that asks for alerts and does not read them is given up") {
  TlsPair pair(context_for(), {});
  net::TlsOutput output(pair.server_fd.get());
  fill_socket(pair.server_fd.get());
  const std::string alert(31, 'x');
  std::size_t kept = 0;
  while (output.put(alert)) kept += alert.size();
  CHECK(kept <= net::TlsOutput::kUnaskedBytesMax);
  CHECK(kept + alert.size() > net::TlsOutput::kUnaskedBytesMax);
  CHECK(output.error() == ENOBUFS);
  CHECK_FALSE(output.flush());
}
