#include "net/file_tail.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace sse::net {

FileTail::FileTail(std::string path, std::uint64_t settle_ms, std::size_t waiting_max)
    : path_(std::move(path)), settle_ms_(settle_ms), waiting_max_(waiting_max) {}

std::string FileTail::directory() const {
  const std::size_t slash = path_.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path_.substr(0, slash);
}

Result<void> FileTail::start(bool from_start) {
  if (!identify(path_)) return {};
  Result<TailedFile> file = TailedFile::open(path_);
  if (!file) return fail(std::move(file.error().message));
  if (!from_start) file->skip_to_end();
  files_.push_back({std::move(*file), 0});
  return {};
}

TailStep FileTail::step(std::span<char> buffer, std::uint64_t now_ms) {
  TailStep out;
  out.directory = identify(directory());
  look(now_ms, out);
  if (!buffer.empty() && !files_.empty()) read(buffer, now_ms, out);
  return out;
}

void FileTail::look(std::uint64_t now_ms, TailStep& step) {
  const std::optional<FileIdentity> named = identify(path_);
  if (!named) {
    // Without its name a file is read on: it may be on its way to another.
    if (files_.empty()) complain(std::string(std::strerror(errno)) + "; waiting for it", step);
    return;
  }
  if (!files_.empty() && files_.back().file.identity() == *named) return;
  if (files_.size() > waiting_max_)
    return complain("rotated too often while it could not be read: files were missed", step);
  Result<TailedFile> file = TailedFile::open(path_);
  if (!file) return complain(file.error().message, step);
  if (!files_.empty() && files_.back().file.identity() == file->identity()) return;
  complaint_.clear();
  files_.push_back({std::move(*file), now_ms});
}

// Whether the file being read will not grow any more; asked before it is read to its end.
bool FileTail::is_front_done(std::uint64_t now_ms) const noexcept {
  if (files_.size() < 2) return false;
  const Turn& next = files_[1];
  return (files_.size() > 2 || !next.file.is_empty()) && now_ms - next.since_ms >= settle_ms_;
}

void FileTail::read(std::span<char> buffer, std::uint64_t now_ms, TailStep& step) {
  const bool done = is_front_done(now_ms);
  TailedFile& file = files_.front().file;
  if (file.start_over_if_truncated()) {
    step.cut = true;
    complain("truncated: reading it from its start", step);
    complaint_.clear();
  }
  const ssize_t got = file.read(buffer);
  if (got > 0) {
    step.bytes = static_cast<std::size_t>(got);
    step.more = true;
    return;
  }
  if (got < 0)
    complain(std::string("cannot be read: ") + std::strerror(static_cast<int>(-got)), step);
  if (!done) return;
  files_.pop_front();
  step.cut = step.more = true;
}

void FileTail::complain(std::string_view what, TailStep& step) {
  if (complaint_ == what) return;
  complaint_ = what;
  if (!step.warning.empty()) step.warning += "; ";
  step.warning += what;
}

}  // namespace sse::net
