// How fast EventParser reads, beside one pass of memchr('\n') over the same bytes in the same run.
//
// Counters: bytes_per_second, the mean; best_bytes_per_second and memchr_bytes_per_second, the
// fastest of 100 passes each over the same bytes and chunks; of_memchr, the ratio of these two;
// allocations per pass once the buffers are warm.
#include <cstdlib>
#include <cstring>

#include <algorithm>
#include <chrono>
#include <new>

#include <benchmark/benchmark.h>

#include <sse/encoder.hpp>
#include <sse/event_parser.hpp>

#include "perf/parser_corpora.hpp"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sse::perf {
namespace {

using Clock = std::chrono::steady_clock;

std::size_t count_lines(std::string_view bytes, std::size_t chunk_bytes) {
  std::size_t lines = 0;
  for (std::size_t at = 0; at < bytes.size(); at += chunk_bytes) {
    std::string_view chunk = bytes.substr(at, chunk_bytes);
    while (const void* found = std::memchr(chunk.data(), '\n', chunk.size())) {
      chunk.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - chunk.data()) +
                          1);
      ++lines;
    }
  }
  return lines;
}

std::size_t parse(EventParser& parser, std::string_view bytes, std::size_t chunk_bytes) {
  std::size_t data_bytes = 0;
  for (std::size_t at = 0; at < bytes.size(); at += chunk_bytes) {
    parser.feed(bytes.substr(at, chunk_bytes));
    while (parser.next() == ParseResult::event) data_bytes += parser.event().data.size();
  }
  return data_bytes;
}

// Seconds of the fastest of some passes.
template <class Pass>
double best_seconds(Pass pass) {
  double best = 1e9;
  for (int n = 0; n < 100; ++n) {
    const auto begin = Clock::now();
    benchmark::DoNotOptimize(pass());
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

void bench_parse(benchmark::State& state, const std::string& corpus) {
  const auto chunk_bytes = static_cast<std::size_t>(state.range(0));
  EventParser parser;
  const double memchr_seconds = best_seconds([&] { return count_lines(corpus, chunk_bytes); });
  const double parse_seconds = best_seconds([&] { return parse(parser, corpus, chunk_bytes); });
  const std::size_t before = allocations;
  parse(parser, corpus, chunk_bytes);
  state.counters["allocations"] = static_cast<double>(allocations - before);
  for (auto _ : state) benchmark::DoNotOptimize(parse(parser, corpus, chunk_bytes));
  state.counters["memchr_bytes_per_second"] = static_cast<double>(corpus.size()) / memchr_seconds;
  state.counters["best_bytes_per_second"] = static_cast<double>(corpus.size()) / parse_seconds;
  state.counters["of_memchr"] = memchr_seconds / parse_seconds;
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(corpus.size()));
}

void bench_encode(benchmark::State& state, const std::string& data) {
  std::string out;
  const EventFields fields{.id = "1a2b3c-100000", .event = "tick", .data = data};
  for (auto _ : state) {
    out.clear();
    if (!validate(fields)) encode(fields, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(data.size()));
}

void register_all() {
  constexpr std::size_t kCorpusBytes = 4u << 20;
  static const struct {
    const char* name;
    std::string bytes;
  } corpora[] = {{"parse/ticker", ticker_corpus(kCorpusBytes)},
                 {"parse/tokens", token_corpus(kCorpusBytes)},
                 {"parse/multi_line_64k", multi_line_corpus(kCorpusBytes)}};
  for (const auto& corpus : corpora)
    benchmark::RegisterBenchmark(corpus.name, bench_parse, corpus.bytes)
        ->Arg(16)
        ->Arg(1400)
        ->Arg(64 << 10);

  static const std::string short_text(80, 'x');
  static const std::string long_text(64u << 10, 'x');
  static const std::string lines = multi_line_corpus(1);
  benchmark::RegisterBenchmark("encode/80_bytes", bench_encode, short_text);
  benchmark::RegisterBenchmark("encode/64k_one_line", bench_encode, long_text);
  benchmark::RegisterBenchmark("encode/64k_many_lines", bench_encode, lines);
}

}  // namespace
}  // namespace sse::perf

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  sse::perf::register_all();
  benchmark::RunSpecifiedBenchmarks();
}
