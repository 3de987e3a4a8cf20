#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>

namespace sse::hub {

/// A queue with random access in one array of a power of two. Unlike std::deque it allocates
/// nothing while empty, so a hundred thousand quiet channels stay small.
template <class T>
class Ring {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::size_t memory_bytes() const noexcept { return capacity_ * sizeof(T); }

  const T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return items_[(head_ + i) & (capacity_ - 1)];
  }
  T& operator[](std::size_t i) noexcept {
    assert(i < size_);
    return items_[(head_ + i) & (capacity_ - 1)];
  }
  const T& front() const noexcept { return (*this)[0]; }
  const T& back() const noexcept { return (*this)[size_ - 1]; }
  T& back() noexcept { return (*this)[size_ - 1]; }

  void push_back(T item) {
    if (size_ == capacity_) grow();
    ++size_;
    back() = std::move(item);
  }

  /// The slot is reset, so that what it owned is let go of now.
  void pop_front() noexcept {
    (*this)[0] = T{};
    head_ = (head_ + 1) & (capacity_ - 1);
    --size_;
  }

  void clear() noexcept {
    while (!empty()) pop_front();
  }

  /// Index of the first item for which `before(item)` is false; items must be partitioned by it.
  template <class Predicate>
  std::size_t partition_point(Predicate before, std::size_t from = 0) const {
    std::size_t to = size_;
    while (from < to) {
      const std::size_t middle = from + (to - from) / 2;
      if (before((*this)[middle])) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

 private:
  static constexpr std::size_t kCapacityMin = 4;

  void grow() {
    const std::size_t capacity = capacity_ == 0 ? kCapacityMin : 2 * capacity_;
    auto items = std::make_unique<T[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i) items[i] = std::move((*this)[i]);
    items_ = std::move(items);
    capacity_ = capacity;
    head_ = 0;
  }

  std::unique_ptr<T[]> items_;
  std::size_t capacity_ = 0;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sse::hub
