#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "net/send_ring.hpp"

using namespace sse;
using namespace sse::net;

namespace {

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    here.reset(ends[0]);
    there.reset(ends[1]);
  }
  std::string received() const {
    std::string bytes(1 << 20, '\0');
    const ssize_t got = ::recv(there.get(), bytes.data(), bytes.size(), 0);
    return bytes.substr(0, got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  Fd here;
  Fd there;
};

// A container may forbid io_uring: then there is nothing to test but that it says so.
std::unique_ptr<SendRing> open_ring() {
  auto ring = SendRing::open();
  if (ring) return std::move(*ring);
  CHECK_FALSE(ring.error().message.empty());
  MESSAGE("no ring here: ", ring.error().message);
  return nullptr;
}

}  // namespace

TEST_CASE("queued sends are made by one submit, to added sockets and to others") {
  const auto ring = open_ring();
  if (!ring) return;
  std::vector<Pair> pairs(SendRing::kBatch);
  for (std::size_t i = 0; i < pairs.size(); i += 2) ring->add(pairs[i].here.get());
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < pairs.size(); ++i)
      texts.push_back(std::to_string(round) + ":" + std::to_string(i));
    for (std::size_t i = 0; i < pairs.size(); ++i) ring->push(pairs[i].here.get(), texts[i]);
    CHECK(ring->size() == SendRing::kBatch);
    CHECK(pairs[0].received().empty());
    const auto sent = ring->submit();
    REQUIRE(sent.size() == SendRing::kBatch);
    CHECK(ring->size() == 0);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      CHECK(sent[i].sent == static_cast<int>(texts[i].size()));
      CHECK(pairs[i].received() == texts[i]);
    }
  }
  CHECK_FALSE(ring->is_broken());
}

TEST_CASE("a socket that takes a part, nothing, or is gone is reported among those that take all") {
  const auto ring = open_ring();
  if (!ring) return;
  Pair good;
  Pair full;
  Pair gone;
  for (const Pair* pair : {&good, &full, &gone}) ring->add(pair->here.get());
  gone.there.reset();
  const std::string much(8 << 20, 'x');
  ring->push(full.here.get(), much);
  ring->push(gone.here.get(), "a");
  ring->push(good.here.get(), "b");
  auto sent = ring->submit();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].asked == static_cast<int>(much.size()));
  CHECK(sent[0].sent > 0);
  CHECK(sent[0].sent < sent[0].asked);
  CHECK(sent[1].sent == -EPIPE);
  CHECK(sent[2].sent == 1);
  ring->push(full.here.get(), "c");
  sent = ring->submit();
  CHECK(sent[0].sent == -EAGAIN);
  CHECK(good.received() == "b");
}

TEST_CASE("a socket that was removed is closed when its owner closes it") {
  const auto ring = open_ring();
  if (!ring) return;
  Pair pair;
  ring->add(pair.here.get());
  ring->push(pair.here.get(), "last");
  ring->submit();
  ring->remove(pair.here.get());
  pair.here.reset();
  CHECK(pair.received() == "last");
  char byte = 0;
  CHECK(::recv(pair.there.get(), &byte, 1, 0) == 0);
}
