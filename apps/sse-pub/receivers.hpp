#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sse::pub {

/// How many streams a channel has, and who says so.
struct Receivers {
  std::string channel;
  std::uint64_t streams = 0;
  std::string source;  ///< "2 nodes answered", or the server asked
};

/// "channel news has 3 streams (2 nodes answered)".
std::string describe(const Receivers& receivers);

/// Why these are too few, for a message; empty: they are not.
std::string shortage(const Receivers& receivers, std::size_t required);

}  // namespace sse::pub
