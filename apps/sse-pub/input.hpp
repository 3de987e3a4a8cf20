#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::pub {

/// The bytes to publish: a file, or standard input.
class Input {
 public:
  enum class Status { data, end, interrupted, timed_out, failed };

  /// `path` "-" or empty: standard input. Error names the file.
  static Result<Input> open(const std::string& path);

  /// Waits for input or for `interrupt_fd`, at most for the timeout in milliseconds (negative: for
  /// ever). After Status::data, bytes() are what came.
  Status read(int interrupt_fd, int timeout_ms);
  /// Valid until the next read().
  std::string_view bytes() const noexcept { return {buffer_.data(), size_}; }
  /// Whether read() would return at once.
  bool is_ready() const noexcept;
  /// Why read() failed, naming the file.
  const std::string& error() const noexcept { return error_; }

 private:
  Input(Fd opened, int fd, std::string name);

  Fd opened_;  // none for standard input
  int fd_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t size_ = 0;
  std::string error_;
};

/// Whether standard input is a terminal, where waiting for data would look like a hang.
bool stdin_is_terminal() noexcept;

}  // namespace sse::pub
