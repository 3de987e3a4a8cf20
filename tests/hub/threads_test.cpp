#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"

using namespace sse::hub;
using namespace sse::hub::test;

namespace {

constexpr std::uint64_t kEvents = 20'000;

/// Sent as data, so that a reader knows what byte stands where: every block has the same length.
std::string numbered(std::uint64_t i) {
  std::string text = std::to_string(i);
  return std::string(60 - text.size(), '.') + text;
}

struct Signal final : ChannelListener {
  void appended() noexcept override { calls.fetch_add(1, std::memory_order_relaxed); }
  std::atomic<std::uint64_t> calls{0};
};

/// Reads along and checks that what it gets is contiguous; an overrun goes on at begin().
struct Reader {
  explicit Reader(const EventLog& log) : view(log), cursor(view.begin()) {}

  void run(const std::atomic<bool>& done) {
    for (bool last = false; !last;) {
      last = done.load(std::memory_order_acquire);
      view.refresh();
      if (cursor < view.begin()) {
        ++overruns;
        cursor = view.begin();
      }
      text = read(view, cursor, 2, 4096);
      check();
      cursor = view.end();
    }
  }

  // Blocks of 68 bytes: "data: ", 60 of text, two LFs.
  void check() {
    constexpr std::size_t kBlock = 68;
    for (std::size_t at = 0; at < text.size(); at += kBlock) {
      const std::uint64_t i = (cursor + at) / kBlock;
      if (text.compare(at, kBlock, "data: " + numbered(i) + "\n\n") != 0) ++faults;
    }
    if (cursor % kBlock != 0 || text.size() % kBlock != 0) ++faults;
  }

  LogView view;
  std::uint64_t cursor;
  std::string text;
  std::uint64_t overruns = 0;
  std::uint64_t faults = 0;
};

}  // namespace

TEST_CASE("readers on other threads see contiguous bytes while events come and go") {
  LogLimits limits = keep(500);
  limits.lag_bytes_max = 16'384;
  EventLog log(limits);
  std::atomic<bool> done{false};
  std::array<Reader, 3> readers{Reader(log), Reader(log), Reader(log)};
  std::vector<std::jthread> threads;
  for (Reader& reader : readers) threads.emplace_back([&] { reader.run(done); });
  for (std::uint64_t i = 0; i < kEvents; ++i)
    log.append(i + 1, i, std::array<std::string_view, 3>{"data: ", numbered(i), "\n\n"});
  done.store(true, std::memory_order_release);
  threads.clear();
  for (const Reader& reader : readers) {
    CHECK(reader.faults == 0);
    CHECK(reader.cursor == log.stats().end);
  }
}

TEST_CASE("a hub is used from many threads at once") {
  HubOptions aged = options(keep(50));
  aged.limits.history_age_ms = 1;
  Hub hub(aged);
  Signal signal;
  std::atomic<bool> done{false};
  std::atomic<int> faults{0};
  std::vector<std::jthread> others;
  others.emplace_back([&] {
    for (std::uint64_t now = 0; !done; ++now) hub.sweep(now);
  });
  others.emplace_back([&] {
    while (!done) {
      const std::vector<std::shared_ptr<Channel>> stream{hub.open("a"), hub.open("b")};
      hub.listen(*stream[0], signal);
      LogView view(stream[0]->log());
      const Start start = hub.start(stream, StartAfterId{"e1-1"});
      view.refresh();
      if (start.offsets[0] > view.end() || start.position > hub.position()) ++faults;
      hub.unlisten(*stream[0], signal);
    }
  });
  std::vector<std::jthread> publishers;
  for (int p = 0; p < 2; ++p)
    publishers.emplace_back([&, p] {
      for (std::uint64_t i = 0; i < 3000; ++i) {
        const auto channel = hub.open(std::string(1, static_cast<char>('a' + i % 3)));
        hub.publish(*channel, p == 0 ? event("x") : with_id(std::to_string(i), "y"), i);
        if (i % 7 == 0) hub.end(*channel);
      }
    });
  publishers.clear();
  done = true;
  others.clear();
  CHECK(hub.position() == 6000);
  CHECK(faults == 0);
}
