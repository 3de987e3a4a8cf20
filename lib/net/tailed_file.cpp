#include "net/tailed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sse::net {

std::optional<FileIdentity> identify(const std::string& path) noexcept {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

Result<TailedFile> TailedFile::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return fail(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return fail("not a regular file");
  return TailedFile(std::move(fd), {status.st_dev, status.st_ino});
}

std::optional<std::uint64_t> TailedFile::size() const noexcept {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

bool TailedFile::is_empty() const noexcept { return size() == std::uint64_t{0}; }

void TailedFile::skip_to_end() noexcept {
  const std::uint64_t end = size().value_or(0);
  std::array<char, kMarkBytes> buffer{};
  const auto load = [&](std::uint64_t offset, std::string& mark) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(end, kMarkBytes));
    const ssize_t got = ::pread(fd_.get(), buffer.data(), want, static_cast<off_t>(offset));
    mark.assign(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  };
  load(0, head_);
  load(end - std::min<std::uint64_t>(end, kMarkBytes), tail_);
  offset_ = end;
}

bool TailedFile::holds(std::uint64_t offset, std::string_view mark) const noexcept {
  std::array<char, kMarkBytes> buffer{};
  const ssize_t got = ::pread(fd_.get(), buffer.data(), mark.size(), static_cast<off_t>(offset));
  if (got < 0) return true;  // an error proves nothing
  return std::string_view(buffer.data(), static_cast<std::size_t>(got)) == mark;
}

bool TailedFile::start_over_if_truncated() noexcept {
  const bool shorter = size().value_or(offset_) < offset_;
  if (!shorter && (holds(offset_ - tail_.size(), tail_) || holds(0, head_))) return false;
  offset_ = 0;
  head_.clear();
  tail_.clear();
  after_truncate_ = true;
  return true;
}

ssize_t TailedFile::read(std::span<char> buffer) noexcept {
  ssize_t got = read_once(buffer);
  while (got > 0 && after_truncate_) {
    const std::span<char> bytes = buffer.first(static_cast<std::size_t>(got));
    const auto text = std::find_if(bytes.begin(), bytes.end(), [](char c) { return c != '\0'; });
    if (text != bytes.end()) {
      after_truncate_ = false;
      return std::move(text, bytes.end(), bytes.begin()) - bytes.begin();
    }
    got = read_once(buffer);
  }
  return got;
}

ssize_t TailedFile::read_once(std::span<char> buffer) noexcept {
  if (after_truncate_) skip_hole();
  const ssize_t got = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset_));
  if (got < 0) return -errno;
  remember({buffer.data(), static_cast<std::size_t>(got)});
  offset_ += static_cast<std::uint64_t>(got);
  return got;
}

// A writer that kept its position leaves a hole where the old text was.
void TailedFile::skip_hole() noexcept {
  const off_t data = ::lseek(fd_.get(), static_cast<off_t>(offset_), SEEK_DATA);
  if (data <= static_cast<off_t>(offset_)) return;
  offset_ = static_cast<std::uint64_t>(data);
  tail_.clear();
}

void TailedFile::remember(std::string_view read) {
  if (head_.size() < kMarkBytes && head_.size() == offset_)
    head_.append(read.substr(0, kMarkBytes - head_.size()));
  tail_.append(read.substr(read.size() - std::min(read.size(), kMarkBytes)));
  if (tail_.size() > kMarkBytes) tail_.erase(0, tail_.size() - kMarkBytes);
}

}  // namespace sse::net
