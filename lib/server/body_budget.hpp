#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>

namespace sse::server {

/// Why a body is refused that the budget has no room for.
inline constexpr std::string_view kBodiesRefused =
    "too many bodies under way, try again (--bodies-bytes-max)";

/// What the request bodies under way may hold together. Thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  bool has_room(std::size_t bytes) const noexcept {
    return bytes <= bytes_max_ && used() <= bytes_max_ - bytes;
  }

 private:
  friend class BodyShare;

  bool take(std::size_t bytes) noexcept {
    const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= bytes_max_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_{0};
};

/// What one body holds of the budget, given back at its end.
class BodyShare {
 public:
  explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
  ~BodyShare() { resize(0); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  /// False, and nothing changed, when the budget does not allow so much.
  bool resize(std::size_t bytes) noexcept {
    if (bytes > bytes_ && !budget_.take(bytes - bytes_)) return false;
    if (bytes < bytes_) budget_.give_back(bytes_ - bytes);
    bytes_ = bytes;
    return true;
  }

 private:
  BodyBudget& budget_;
  std::size_t bytes_ = 0;
};

}  // namespace sse::server
