#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::net {

/// Which file (or directory) a name stands for. Unique while a descriptor holds the file open.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// The identity of what the path names, links followed; nullopt with errno set if there is none.
std::optional<FileIdentity> identify(const std::string& path) noexcept;

/// An open regular file read as it grows, and started over when it was truncated.
///
/// A file that was truncated and has already grown past the position again is recognised too, by
/// its first bytes and those before the position having both changed.
class TailedFile {
 public:
  /// Opens without blocking. The error is errno's text; not a regular file is an error.
  static Result<TailedFile> open(const std::string& path);

  const FileIdentity& identity() const noexcept { return identity_; }
  /// Goes on at the present end.
  void skip_to_end() noexcept;
  bool is_empty() const noexcept;
  /// Whether the file was truncated since the last read; then reading starts over.
  bool start_over_if_truncated() noexcept;
  /// Reads on; 0 at the end (for now), or the negated errno.
  ssize_t read(std::span<char> buffer) noexcept;

 private:
  static constexpr std::size_t kMarkBytes = 64;

  TailedFile(Fd fd, FileIdentity identity) : fd_(std::move(fd)), identity_(identity) {}
  std::optional<std::uint64_t> size() const noexcept;
  bool holds(std::uint64_t offset, std::string_view mark) const noexcept;
  void remember(std::string_view read);
  ssize_t read_once(std::span<char> buffer) noexcept;
  void skip_hole() noexcept;

  Fd fd_;
  FileIdentity identity_;
  std::uint64_t offset_ = 0;
  std::string head_;             // the file's first bytes, as they were read
  std::string tail_;             // the bytes before offset_
  bool after_truncate_ = false;  // NULs at the start are a hole, not text
};

}  // namespace sse::net
