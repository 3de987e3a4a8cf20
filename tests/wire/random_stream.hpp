#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace sse::test {

/// Streams made of what matters to a parser: field names and near misses, line ends, BOMs, NULs,
/// good and bad UTF-8, and now and then a run longer than a scanner's block.
class RandomStream {
 public:
  explicit RandomStream(unsigned seed) : random_(seed) {}

  std::string bytes(std::size_t tokens_max);
  /// Offsets in ascending order, some of them equal.
  std::vector<std::size_t> cuts(std::size_t size);
  /// A value for a field of an event: any text of well-formed UTF-8.
  std::string text(std::size_t tokens_max);
  std::size_t below(std::size_t bound);

 private:
  std::mt19937 random_;
};

}  // namespace sse::test
