#include "net/child_process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "net/spawn.hpp"

namespace sse::net {
namespace {

// Whether the process is of the group and not a zombie. The name in /proc/PID/stat may hold
// anything, so its end is looked for from behind.
bool is_live_member(const std::string& pid, pid_t group) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  char state = 'Z';
  pid_t parent = 0;
  pid_t own_group = 0;
  fields >> state >> parent >> own_group;
  return own_group == group && state != 'Z' && state != 'X';
}

// A group of nothing but zombies still exists, until their parent reaps them; in a container that
// may be never.
bool has_live_member(pid_t group) {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc", error);
  for (; !error && entry != std::filesystem::end(entry); entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.front() >= '0' && name.front() <= '9' && is_live_member(name, group)) return true;
  }
  return error.operator bool();
}

}  // namespace

ChildProcess::ChildProcess(uv_loop_t* loop)
    : loop_(loop), timer_(loop, [this] { check_group(); }) {}

Result<void> ChildProcess::spawn(const std::vector<std::string>& argv, int out, int err,
                                 std::function<void(ChildExit)> exited) {
  assert(!argv.empty() && !child_signal_);
  // Watched first: a process that ends at once must not be missed.
  child_signal_.emplace(loop_, SIGCHLD, [this] { reap(); });
  const Result<pid_t> pid = net::spawn(argv, out, err);
  if (!pid) return tl::unexpected(pid.error());
  group_ = *pid;
  running_ = true;
  exited_ = std::move(exited);
  return {};
}

void ChildProcess::reap() {
  int status = 0;
  if (!running_ || ::waitpid(group_, &status, WNOHANG) != group_) return;
  running_ = false;
  group_alive();
  if (WIFSIGNALED(status)) return exited_({0, WTERMSIG(status)});
  exited_({WEXITSTATUS(status), 0});
}

bool ChildProcess::group_alive() {
  if (group_ == 0) return false;
  // Orphans of the group are our children if we are process 1 (of a container, say). The leader
  // itself is for reap().
  while (!running_ && ::waitpid(-group_, nullptr, WNOHANG) > 0) {
  }
  const bool empty = ::kill(-group_, 0) != 0 && errno == ESRCH;
  if (empty || (!running_ && !has_live_member(group_))) group_ = 0;
  return group_ != 0;
}

void ChildProcess::end_group(const EndTimes& times, std::function<void()> done) {
  done_ = std::move(done);
  if (std::exchange(ending_, true)) return;
  if (group_alive()) {
    ::kill(-group_, SIGTERM);
    ::kill(-group_, SIGCONT);  // a stopped process sees its SIGTERM only then
  }
  deadline_ms_ = monotonic_ms() + times.grace_ms;
  kill_ms_ = times.kill_ms;
  timer_.start(0, kCheckMs);
}

void ChildProcess::kill_group() noexcept {
  if (group_ != 0) ::kill(-group_, SIGKILL);
}

void ChildProcess::check_group() {
  const bool late = monotonic_ms() >= deadline_ms_;
  if (running_ || group_alive()) {
    if (!late) return;
    if (!std::exchange(killed_, true)) {
      kill_group();
      deadline_ms_ = monotonic_ms() + kill_ms_;
      return;
    }
  }
  timer_.stop();
  ending_ = killed_ = false;
  std::exchange(done_, nullptr)();
}

}  // namespace sse::net
