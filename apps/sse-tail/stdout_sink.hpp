#pragma once

#include <cstddef>
#include <string>

#include "base/fd.hpp"

namespace sse::tail {

/// Writes to standard output, or to another descriptor, without ever waiting for its reader.
///
/// A pipe or terminal is opened a second time for that, because O_NONBLOCK on the descriptor we
/// were given would hit every process that shares it. Where this is not possible it writes pieces
/// small enough for what poll() promises.
class StdoutSink {
 public:
  enum class State {
    good,
    reader_gone,  ///< EPIPE, or nobody has the other end open any more
    failed,       ///< error() says why
  };

  explicit StdoutSink(int fd);

  /// Append output here, then flush().
  std::string& buffer() noexcept { return buffer_; }
  /// Writes as much as goes without waiting.
  State flush();
  /// Whether bytes wait for the reader.
  bool blocked() const noexcept { return written_ < buffer_.size(); }
  /// Notices a reader that went away while there is nothing to write.
  State check_reader();
  bool reader_gone() const noexcept { return state_ == State::reader_gone; }
  /// What to poll: writable when blocked().
  int fd() const noexcept { return own_ ? own_.get() : fd_; }
  const std::string& error() const noexcept { return error_; }

 private:
  long write_some(const char* data, std::size_t size);
  bool would_wait() const;
  State fail(int error);

  int fd_;
  Fd own_;  // the second, non-blocking opening
  std::size_t piece_max_;
  bool socket_ = false;
  std::string buffer_;
  std::size_t written_ = 0;
  State state_ = State::good;
  std::string error_;
};

}  // namespace sse::tail
