#include "sse-pub/spool_scan.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "sse-pub/record_cutter.hpp"
#include "sse-pub/spool_record.hpp"

namespace sse::pub {
namespace {

constexpr std::size_t kScanBytes = 1u << 20;

using Sink = RecordCutter::Sink;

Result<void> for_each_line(int fd, std::uint64_t from, const Sink& sink) {
  RecordCutter cutter('\n', SIZE_MAX, "record");
  std::vector<char> buffer(kScanBytes);
  while (true) {
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(from));
    if (got < 0) return fail(std::string("cannot read: ") + std::strerror(errno));
    if (got == 0) return {};
    from += static_cast<std::uint64_t>(got);
    auto taken = cutter.feed({buffer.data(), static_cast<std::size_t>(got)}, sink);
    if (!taken) return taken;
  }
}

/// Looks for the end of the sound part and for the last mark in it.
class Scan {
 public:
  Result<void> take(std::string_view line) {
    const std::uint64_t start = std::exchange(at_, at_ + line.size() + 1);
    const auto payload = checked_payload(line);
    const bool sound = payload && (!is_mark(*payload) || take_mark(*payload, start));
    if (!sound && !damaged_at_) damaged_at_ = start;
    if (!sound || !damaged_at_) return {};
    return fail("damaged at byte " + std::to_string(*damaged_at_) +
                ", with sound records behind it: restore it, or move it away to go on without");
  }
  std::uint64_t size() const noexcept { return damaged_at_.value_or(at_); }
  std::uint64_t read_at() const noexcept { return read_at_; }

 private:
  bool take_mark(std::string_view payload, std::uint64_t start) {
    const auto record = read_payload(payload);
    if (!record || std::get<SpoolMark>(*record).offset > start) return false;
    read_at_ = std::get<SpoolMark>(*record).offset;
    return true;
  }

  std::uint64_t at_ = 0;
  std::uint64_t read_at_ = 0;
  std::optional<std::uint64_t> damaged_at_;
};

// Events in the sound part of the file, from the mark on.
Result<std::uint64_t> count_events(int fd, const Scan& scan) {
  std::uint64_t count = 0;
  const auto counted = for_each_line(
      fd, scan.read_at(), [&, at = scan.read_at()](std::string_view line, std::size_t) mutable {
        const std::uint64_t start = std::exchange(at, at + line.size() + 1);
        if (start >= scan.size()) return Result<void>();
        const auto payload = checked_payload(line);
        if (!payload) return Result<void>(fail("damaged at byte " + std::to_string(start)));
        if (!is_mark(*payload)) ++count;
        return Result<void>();
      });
  if (!counted) return tl::unexpected(counted.error());
  return count;
}

}  // namespace

Result<SpoolExtent> scan_spool(int fd, const std::string& path) {
  Scan scan;
  const auto scanned =
      for_each_line(fd, 0, [&](std::string_view line, std::size_t) { return scan.take(line); });
  if (!scanned) return fail(path + ": " + scanned.error().message);
  const auto unsent = count_events(fd, scan);
  if (!unsent) return fail(path + ": " + unsent.error().message);
  return SpoolExtent{scan.size(), scan.read_at(), *unsent};
}

}  // namespace sse::pub
