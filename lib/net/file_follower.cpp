#include "net/file_follower.hpp"

#include <array>
#include <span>
#include <utility>

#include "base/clock.hpp"

namespace sse::net {

using Watch = Handle<uv_fs_event_t, const char*>;

// What a step in the thread pool works on; outlives the follower while one is under way.
struct FileFollower::Job {
  Job(std::string path, std::uint64_t settle_ms, std::size_t waiting_max)
      : tail(std::move(path), settle_ms, waiting_max) {}

  uv_work_t request{};
  FileTail tail;
  std::array<char, kReadBytes> buffer{};
  TailStep step;
  FileFollower* follower = nullptr;
  bool read = true;
  bool busy = false;
};

void FileFollower::Orphan::operator()(Job* job) const noexcept {
  job->follower = nullptr;
  if (!job->busy) delete job;
}

FileFollower::FileFollower(uv_loop_t* loop, std::string path, std::uint64_t interval_ms,
                           std::size_t waiting_max, Handler& handler)
    : loop_(loop),
      handler_(handler),
      interval_ms_(interval_ms),
      name_(path.substr(path.rfind('/') + 1)),
      poll_(loop, [this] { look(); }),
      job_(new Job(std::move(path), interval_ms, waiting_max)) {
  job_->follower = this;
}

FileFollower::~FileFollower() = default;

Result<void> FileFollower::start(bool from_start) {
  if (Result<void> started = job_->tail.start(from_start); !started)
    return fail("cannot follow " + job_->tail.path() + ": " + started.error().message);
  poll_.start(0, interval_ms_);
  return {};
}

void FileFollower::resume() noexcept {
  if (std::exchange(paused_, false)) look();
}

void FileFollower::look() noexcept {
  again_ = job_->busy;
  if (job_->busy) return;
  job_->busy = true;
  job_->read = !paused_;
  job_->request.data = job_.get();
  uv_queue_work(
      loop_, &job_->request,
      [](uv_work_t* request) {
        auto* job = static_cast<Job*>(request->data);
        const std::span<char> buffer(job->buffer);
        job->step = job->tail.step(job->read ? buffer : buffer.first(0), monotonic_ms());
      },
      [](uv_work_t* request, int) {
        auto* job = static_cast<Job*>(request->data);
        if (job->follower != nullptr) return job->follower->deliver();
        delete job;
      });
}

// The job counts as busy meanwhile: the buffer is the handler's.
void FileFollower::deliver() noexcept {
  const TailStep& step = job_->step;
  watch(step.directory);
  if (!step.warning.empty()) handler_.warn(job_->tail.path() + ": " + step.warning);
  if (step.cut) handler_.cut();
  if (step.bytes > 0) handler_.bytes({job_->buffer.data(), step.bytes});
  job_->busy = false;
  if (again_ || (step.more && !paused_)) look();
}

void FileFollower::watch(std::optional<FileIdentity> directory) noexcept {
  if (directory == watched_) return;
  watched_ = directory;
  watch_.reset();
  if (!directory) return;
  watch_.emplace([this](const char* name) {
    if (name == nullptr || name == name_) look();
  });
  uv_fs_event_init(loop_, watch_->get());
  // If it fails (too many watches, say), looking every interval has to do.
  uv_fs_event_start(
      watch_->get(),
      [](uv_fs_event_t* event, const char* name, int, int) { Watch::fire(event, name); },
      job_->tail.directory().c_str(), 0);
  again_ = true;  // what changed before the watch began
}

}  // namespace sse::net
