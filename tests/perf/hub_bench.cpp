#include <malloc.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "hub/hub.hpp"

// What the hub costs per event, per reader and per channel, without any socket.
namespace {

using namespace sse;
using namespace sse::hub;

const std::string kData(100, 'x');

EventFields event() {
  EventFields fields;
  fields.data = kData;
  return fields;
}

HubOptions options(std::size_t events_max = 1000) {
  HubOptions options{"bench", {}, 1'000'000};
  options.limits.history_events_max = events_max;
  options.limits.history_bytes_max = SIZE_MAX;
  return options;
}

void log_append(benchmark::State& state) {
  EventLog log(LogLimits{});
  const std::string block = "data: " + kData + "\n\n";
  Seq seq = 0;
  for (auto _ : state) {
    ++seq;
    log.append(seq, seq / 1000, std::array<std::string_view, 2>{"id: bench-1\n", block});
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(log_append);

void publish(benchmark::State& state) {
  Hub hub(options());
  const auto channel = hub.open("news");
  std::uint64_t now = 0;
  for (auto _ : state) hub.publish(*channel, event(), ++now / 1000);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(publish);

void publish_batch(benchmark::State& state) {
  Hub hub(options());
  const auto channel = hub.open("news");
  const std::vector<EventFields> batch(static_cast<std::size_t>(state.range(0)), event());
  std::uint64_t now = 0;
  for (auto _ : state) benchmark::DoNotOptimize(hub.publish(*channel, batch, ++now));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(publish_batch)->Arg(100);

// One event a time for one reader: append, refresh, gather.
void append_refresh_gather(benchmark::State& state) {
  EventLog log(LogLimits{});
  LogView view(log);
  const std::string block = "data: " + kData + "\n\n";
  std::array<iovec, 16> pieces;
  Seq seq = 0;
  std::uint64_t cursor = 0;
  for (auto _ : state) {
    ++seq;
    log.append(seq, seq / 1000, std::array<std::string_view, 2>{"id: bench-1\n", block});
    view.refresh();
    benchmark::DoNotOptimize(view.gather(cursor, SIZE_MAX, pieces));
    cursor = view.end();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(append_refresh_gather);

// What each further reader of a thread costs when something is new.
void gather_new(benchmark::State& state) {
  Hub hub(options());
  const auto channel = hub.open("news");
  for (int i = 0; i < 10'000; ++i) hub.publish(*channel, event(), 1);
  const LogView view(channel->log());
  std::array<iovec, 16> pieces;
  for (auto _ : state) benchmark::DoNotOptimize(view.gather(view.end() - 100, SIZE_MAX, pieces));
}
BENCHMARK(gather_new);

void resume(benchmark::State& state) {
  const auto events = static_cast<std::size_t>(state.range(0));
  Hub hub(options(events));
  const std::array channels{hub.open("news")};
  for (std::size_t i = 0; i < events; ++i) hub.publish(*channels[0], event(), 1);
  Seq seq = 0;
  for (auto _ : state) {
    seq = (seq + 7919 * 7919) % events;
    benchmark::DoNotOptimize(hub.start(channels, StartAfterId{format_event_id("bench", seq)}));
  }
}
BENCHMARK(resume)->Arg(1000)->Arg(1'000'000);

void resume_last(benchmark::State& state) {
  const auto events = static_cast<std::size_t>(state.range(0));
  Hub hub(options(events));
  const std::array channels{hub.open("a"), hub.open("b"), hub.open("c"), hub.open("d")};
  for (std::size_t i = 0; i < events; ++i) hub.publish(*channels[i % 4], event(), 1);
  for (auto _ : state) benchmark::DoNotOptimize(hub.start(channels, StartLast{100}));
}
BENCHMARK(resume_last)->Arg(1'000'000);

std::size_t allocated_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Channels with so many events each; the counter is what one takes of the heap.
void quiet_channels(benchmark::State& state) {
  constexpr std::size_t kChannels = 100'000;
  for (auto _ : state) {
    const std::size_t before = allocated_bytes();
    auto hub = std::make_unique<Hub>(options());
    for (std::size_t i = 0; i < kChannels; ++i) {
      const auto channel = hub->open("channel/" + std::to_string(i));
      for (int k = 0; k < state.range(0); ++k) hub->publish(*channel, event(), 1);
    }
    state.counters["bytes_per_channel"] =
        static_cast<double>(allocated_bytes() - before) / kChannels;
  }
}
BENCHMARK(quiet_channels)->Arg(0)->Arg(1)->Arg(10)->Iterations(1)->Unit(benchmark::kMillisecond);

void sweep(benchmark::State& state) {
  Hub hub(options());
  for (int i = 0; i < 100'000; ++i)
    hub.publish(*hub.open("channel/" + std::to_string(i)), event(), 1);
  for (auto _ : state) hub.sweep(2);
}
BENCHMARK(sweep)->Unit(benchmark::kMillisecond);

}  // namespace
