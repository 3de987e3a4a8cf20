#include "base/random.hpp"

#include <random>

namespace sse {

std::uint64_t random_below(std::uint64_t bound) {
  thread_local std::mt19937_64 engine{(std::uint64_t{std::random_device{}()} << 32) |
                                      std::random_device{}()};
  return bound == 0 ? 0 : std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(engine);
}

}  // namespace sse
