#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace sse::tail {

/// Room for many small pieces at the end of a string, made at once; what is left is cut off at
/// last.
class Room {
 public:
  /// `bytes_max`: no more may be put.
  Room(std::string& out, std::size_t bytes_max) : out_(out) {
    const std::size_t used = out.size();
    out.resize(used + bytes_max);
    at_ = out.data() + used;
  }
  ~Room() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  void put(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put(char c) noexcept { *at_++ = c; }

  /// Where the next piece goes, to put it there by other means and to move on, or back.
  char* end() noexcept { return at_; }
  void set_end(char* end) noexcept { at_ = end; }

 private:
  std::string& out_;
  char* at_;
};

}  // namespace sse::tail
