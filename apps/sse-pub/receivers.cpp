#include "sse-pub/receivers.hpp"

namespace sse::pub {

std::string describe(const Receivers& receivers) {
  return "channel " + receivers.channel + " has " + std::to_string(receivers.streams) +
         (receivers.streams == 1 ? " stream (" : " streams (") + receivers.source + ")";
}

std::string shortage(const Receivers& receivers, std::size_t required) {
  if (receivers.streams >= required) return {};
  return "too few receivers: " + describe(receivers) + ", --require-receivers asks for " +
         std::to_string(required);
}

}  // namespace sse::pub
