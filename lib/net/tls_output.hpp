#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sse::net {

/// The bytes a TLS session sends: at once, and what the socket does not take is kept for later, so
/// that nobody has to offer the same bytes twice. Does not own the descriptor. One thread.
class TlsOutput {
 public:
  /// Most bytes kept that the peer made the session send by itself (alerts): one that asks for them
  /// and does not read is given up.
  static constexpr std::size_t kUnaskedBytesMax = 4096;

  explicit TlsOutput(int fd) noexcept : fd_(fd) {}
  TlsOutput(const TlsOutput&) = delete;
  TlsOutput& operator=(const TlsOutput&) = delete;

  /// What is put between begin() and end() is the application's: all of it is kept, and the kernel
  /// is told that more comes where `more` says so.
  void begin() noexcept { asked_ = true; }
  void expect_more(bool more) noexcept { more_ = more; }
  void end() noexcept { asked_ = more_ = false; }

  /// False: the socket is dead, or the peer was given up (ENOBUFS); see error().
  bool put(std::string_view bytes) noexcept;
  /// Sends what is kept. True: nothing is left. False: errno says why, EAGAIN for a full socket.
  bool flush() noexcept;
  bool empty() const noexcept { return kept_.empty(); }
  /// The errno that ended it all; 0: none did.
  int error() const noexcept { return error_; }

 private:
  ssize_t send(std::string_view bytes, int flags) noexcept;

  int fd_;
  bool asked_ = false;
  bool more_ = false;
  std::size_t sent_ = 0;     ///< of what is kept
  std::size_t unasked_ = 0;  ///< of what is kept, or was before it is all sent
  int error_ = 0;
  std::string kept_;
};

}  // namespace sse::net
