#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/tailed_file.hpp"

namespace sse::net {

/// What FileTail::step() found.
struct TailStep {
  /// Before `bytes` a new file begins, or the same one started over: what came earlier is complete.
  bool cut = false;
  std::size_t bytes = 0;  ///< read into the buffer
  bool more = false;      ///< there may be more at once
  std::string warning;    ///< one clause without the path; empty: none
  /// Where the path's file is or would be; nullopt when that directory is not there.
  std::optional<FileIdentity> directory;
};

/// A file followed by name, one step at a time: whichever file the path names, each to its end and
/// in the order they took the name. Blocks on the disk only; no loop, no clock.
///
/// The old file of a rotation is read on while the new one is empty, and for `settle_ms` more:
/// writers go on with the old one until they have opened the new. Not thread-safe.
class FileTail {
 public:
  /// `waiting_max`: files that took the name but are not read yet, each held open.
  FileTail(std::string path, std::uint64_t settle_ms, std::size_t waiting_max);

  /// Takes the file as it is now: only what is written from now on, or all of it. It is no error
  /// if there is none yet; one that is no regular file is.
  Result<void> start(bool from_start);
  /// Looks what the path names now and reads on. An empty buffer reads nothing.
  TailStep step(std::span<char> buffer, std::uint64_t now_ms);

  const std::string& path() const noexcept { return path_; }
  std::string directory() const;

 private:
  struct Turn {
    TailedFile file;
    std::uint64_t since_ms;  // when it was first seen under the name
  };

  void look(std::uint64_t now_ms, TailStep& step);
  void read(std::span<char> buffer, std::uint64_t now_ms, TailStep& step);
  bool is_front_done(std::uint64_t now_ms) const noexcept;
  void complain(std::string_view what, TailStep& step);

  std::string path_;
  std::uint64_t settle_ms_;
  std::size_t waiting_max_;
  std::deque<Turn> files_;  // the front is being read, the back has the name
  std::string complaint_;   // the last one, not to be repeated
};

}  // namespace sse::net
