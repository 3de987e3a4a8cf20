#include "sse-pub/outage.hpp"

#include <algorithm>
#include <utility>

namespace sse::pub {
namespace {

constexpr std::uint64_t kPauseFirstMs = 50;
constexpr std::uint64_t kPauseMaxMs = 2000;

}  // namespace

bool Outage::begin(std::uint64_t now_ms) noexcept {
  if (is_on()) return false;
  since_ms_ = now_ms;
  pause_ms_ = kPauseFirstMs;
  return true;
}

std::uint64_t Outage::next_pause_ms() noexcept {
  return std::exchange(pause_ms_, std::min(pause_ms_ * 2, kPauseMaxMs));
}

}  // namespace sse::pub
