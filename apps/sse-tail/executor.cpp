#include "executor.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "shell_command.hpp"

namespace sse::tail {
namespace {

// The kernel refuses variables of more than 128 KiB; types and ids may be longer.
constexpr std::size_t kVariableBytesMax = std::size_t{32} << 10;

std::string variable(std::string_view name, const std::string& value) {
  return std::string(name).append("=").append(value.substr(0, kVariableBytesMax));
}

// A file in memory that reads as `text`: unlike a pipe it never has to be fed.
Result<Fd> memory_file(std::string_view text) {
  Fd file(::memfd_create("event", MFD_CLOEXEC));
  if (!file) return fail(std::string("cannot make a file in memory: ") + std::strerror(errno));
  if (!write_all(file.get(), text))
    return fail(std::string("cannot write to memory: ") + std::strerror(errno));
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace

Executor::Executor(std::string command, std::size_t parallel_max, Events events)
    : command_(std::move(command)), parallel_max_(parallel_max), events_(std::move(events)) {}

void Executor::add(Job job) { jobs_.push_back({.job = std::move(job)}); }

void Executor::advance() {
  using enum Entry::State;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    Entry& entry = jobs_[i];
    if (entry.state == running)
      if (const auto status = reap(entry.child)) end(entry, failure_of(*status));
  }
  for (std::size_t i = 0; i < jobs_.size() && running_ < parallel_max_; ++i)
    if (jobs_[i].state == waiting) start(jobs_[i]);
  while (!jobs_.empty() && jobs_.front().state == over) {
    const Job job = std::move(jobs_.front().job);
    jobs_.pop_front();
    if (!stopped_) events_.passed(job);
  }
}

void Executor::start(Entry& entry) {
  const auto child = spawn(entry.job);
  ++running_;
  if (!child) return end(entry, child.error().message);
  entry.child = *child;
  entry.state = Entry::State::running;
}

Result<pid_t> Executor::spawn(const Job& job) const {
  const auto input = memory_file(job.input);
  if (!input) return tl::unexpected(input.error());
  return start_shell(command_, input->get(), ProcessGroup::own,
                     {variable("SSE_EVENT_TYPE", job.type), variable("SSE_EVENT_ID", job.id),
                      variable("SSE_EVENT_URL", job.url)});
}

void Executor::end(Entry& entry, const std::string& failure) {
  --running_;
  entry.state = Entry::State::over;
  entry.job.input.clear();
  if (!failure.empty() && !stopped_) events_.failed(entry.job, failure);
}

void Executor::stop() {
  stopped_ = true;
  std::erase_if(jobs_, [](const Entry& entry) { return entry.state == Entry::State::waiting; });
  for (const Entry& entry : jobs_)
    if (entry.state == Entry::State::running) ::kill(-entry.child, SIGTERM);
}

}  // namespace sse::tail
