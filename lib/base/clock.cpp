#include "base/clock.hpp"

#include <ctime>

namespace sse {
namespace {

std::uint64_t read_ns(clockid_t clock) noexcept {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace

std::uint64_t monotonic_ns() noexcept { return read_ns(CLOCK_MONOTONIC); }
std::uint64_t monotonic_ms() noexcept { return monotonic_ns() / 1'000'000u; }
std::uint64_t unix_ms() noexcept { return read_ns(CLOCK_REALTIME) / 1'000'000u; }

}  // namespace sse
