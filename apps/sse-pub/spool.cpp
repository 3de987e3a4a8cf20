#include "sse-pub/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "sse-pub/interrupt.hpp"
#include "sse-pub/record_cutter.hpp"
#include "sse-pub/spool_record.hpp"

namespace sse::pub {
namespace {

constexpr std::size_t kReadBytes = 256u << 10;
constexpr int kLockPollMs = 20;
constexpr std::uint64_t kLockNoticeMs = 1000;

/// Takes records of the file until a run is complete.
class RunReader {
 public:
  RunReader(std::uint64_t at, std::size_t events_max, std::size_t bytes_max)
      : at_(at), start_(at), events_max_(events_max), bytes_max_(bytes_max) {}

  bool is_full() const noexcept { return full_; }
  SpooledRun take_run() { return std::move(run_); }

  Result<void> take(std::string_view line) {
    const std::uint64_t start = std::exchange(at_, at_ + line.size() + 1);
    if (full_) return {};
    const auto payload = checked_payload(line);
    auto record = payload ? read_payload(*payload) : std::nullopt;
    if (!record) return fail("damaged at byte " + std::to_string(start));
    if (auto* event = std::get_if<SpooledEvent>(&*record)) add(std::move(*event));
    return {};
  }

 private:
  void add(SpooledEvent&& next) {
    if (run_.events.empty()) {
      run_.key = std::move(next.key);
      run_.number = next.number;
    } else if (next.key != run_.key || next.number != run_.number + run_.events.size()) {
      full_ = true;
      return;
    }
    run_.events.push_back(std::move(next.event));
    run_.ends.push_back(at_);
    full_ = run_.events.size() >= events_max_ || at_ - start_ >= bytes_max_;
  }

  SpooledRun run_;
  std::uint64_t at_;
  std::uint64_t start_;
  std::size_t events_max_;
  std::size_t bytes_max_;
  bool full_ = false;
};

}  // namespace

Spool::Spool(SpoolOptions options)
    : options_(std::move(options)), path_(options_.folder + "/events") {}

Error Spool::failure(const char* what) const {
  return {path_ + ": cannot " + what + ": " + std::strerror(errno)};
}

Result<Spool> Spool::open(SpoolOptions options) {
  Spool spool(std::move(options));
  for (const auto step : {&Spool::open_file, &Spool::lock, &Spool::load})
    if (auto done = (spool.*step)(); !done) return tl::unexpected(done.error());
  return spool;
}

// The folder is synced, too, or the file's name might not outlive the machine.
Result<void> Spool::open_file() {
  const char* folder = options_.folder.c_str();
  if (::mkdir(folder, 0700) != 0 && errno != EEXIST)
    return fail(options_.folder + ": cannot make the folder: " + std::strerror(errno));
  file_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file_) return tl::unexpected(failure("open"));
  const Fd parent(::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) return tl::unexpected(failure("sync the folder"));
  return {};
}

Result<void> Spool::lock() {
  const std::uint64_t notice_ms = monotonic_ms() + kLockNoticeMs;
  for (bool told = false; ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0;) {
    if (errno != EWOULDBLOCK && errno != EINTR) return tl::unexpected(failure("lock"));
    if (!told && monotonic_ms() >= notice_ms) {
      told = true;
      if (options_.notice) options_.notice("waiting for another run that has " + options_.folder);
    }
    if (wait_readable(options_.interrupt_fd, -1, kLockPollMs)) return fail("interrupted");
  }
  return {};
}

Result<void> Spool::load() {
  const auto extent = scan_spool(file_.get(), path_);
  if (!extent) return tl::unexpected(extent.error());
  extent_ = *extent;
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) return tl::unexpected(failure("read"));
  const auto torn = static_cast<std::uint64_t>(info.st_size) - extent_.size;
  if (torn == 0) return {};
  if (options_.notice)
    options_.notice(path_ + ": cut off " + std::to_string(torn) +
                    " bytes at its end, where a write had been cut short");
  return truncate(extent_.size);
}

Result<void> Spool::truncate(std::uint64_t size) {
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    return tl::unexpected(failure("truncate"));
  extent_.size = size;
  return {};
}

// All or nothing: half a record would be taken for damage once others follow.
Result<void> Spool::write(const std::string& bytes) {
  if (!write_all(file_.get(), bytes)) {
    const Error error = failure("write");
    [[maybe_unused]] const auto undone = truncate(extent_.size);
    return tl::unexpected(error);
  }
  extent_.size += bytes.size();
  return {};
}

Result<void> Spool::append(const Batch& batch) {
  std::string bytes;
  for (std::size_t i = 0; i < batch.size(); ++i) append_event_record(bytes, batch, i);
  if (extent_.size + bytes.size() > options_.bytes_max)
    return fail("the spool " + options_.folder + " is full: " + format_size(options_.bytes_max) +
                " (--spool-bytes-max)");
  const std::uint64_t before = extent_.size;
  if (auto written = write(bytes); !written) return written;
  if (::fdatasync(file_.get()) != 0) {
    const Error error = failure("sync");
    [[maybe_unused]] const auto undone = truncate(before);
    return tl::unexpected(error);
  }
  extent_.unsent += batch.size();
  return {};
}

Result<SpooledRun> Spool::read(std::size_t events_max, std::size_t bytes_max) const {
  RunReader reader(extent_.read_at, events_max, bytes_max);
  RecordCutter cutter('\n', SIZE_MAX, "record");
  const auto take = [&reader](std::string_view line, std::size_t) { return reader.take(line); };
  std::vector<char> buffer(kReadBytes);
  for (std::uint64_t at = extent_.read_at; at < extent_.size && !reader.is_full();) {
    const std::size_t size = std::min<std::uint64_t>(buffer.size(), extent_.size - at);
    const ssize_t got = ::pread(file_.get(), buffer.data(), size, static_cast<off_t>(at));
    if (got <= 0) return tl::unexpected(failure("read"));
    at += static_cast<std::uint64_t>(got);
    const auto taken = cutter.feed({buffer.data(), static_cast<std::size_t>(got)}, take);
    if (!taken) return fail(path_ + ": " + taken.error().message);
  }
  SpooledRun run = reader.take_run();
  if (run.events.empty() && extent_.unsent > 0) return fail(path_ + ": changed by somebody else");
  return run;
}

Result<void> Spool::forget(const SpooledRun& run, std::size_t count) {
  if (count == 0) return {};
  extent_.unsent -= count;
  extent_.read_at = run.ends[count - 1];
  if (extent_.unsent > 0) {
    std::string mark;
    append_mark_record(mark, {extent_.read_at});
    return write(mark);
  }
  extent_.read_at = 0;
  return truncate(0);
}

}  // namespace sse::pub
