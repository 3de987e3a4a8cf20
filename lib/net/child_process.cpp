#include "net/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/clock.hpp"

namespace sse::net {
namespace {

using Process = Handle<uv_process_t, std::int64_t, int>;

uv_stdio_container_t inherit(int fd) {
  uv_stdio_container_t out{};
  out.flags = UV_INHERIT_FD;
  out.data.fd = fd;
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& argv) {
  std::vector<char*> out;
  for (const std::string& argument : argv) out.push_back(const_cast<char*>(argument.c_str()));
  out.push_back(nullptr);
  return out;
}

std::string why_not(const std::string& program, int error) {
  const std::string cannot = "cannot run '" + program + "': ";
  if (error == UV_ENOENT && program.find('/') == std::string::npos)
    return cannot + "no such command in PATH";
  return cannot + std::strerror(-error);
}

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

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(std::string("cannot make a pipe: ") + std::strerror(errno));
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe;
}

ChildProcess::ChildProcess(uv_loop_t* loop)
    : loop_(loop), timer_(loop, [this] { check_group(); }) {}

Result<void> ChildProcess::spawn(const std::vector<std::string>& argv, int out, int err,
                                 std::function<void(ChildExit)> exited) {
  assert(!argv.empty() && !process_);
  std::vector<char*> arguments = pointers(argv);
  std::array<uv_stdio_container_t, 3> stdio{uv_stdio_container_t{}, inherit(out), inherit(err)};
  stdio[0].flags = UV_IGNORE;  // libuv opens /dev/null
  uv_process_options_t options{};
  options.file = arguments[0];
  options.args = arguments.data();
  options.flags = UV_PROCESS_DETACHED;
  options.stdio = stdio.data();
  options.stdio_count = static_cast<int>(stdio.size());
  options.exit_cb = [](uv_process_t* process, std::int64_t status, int signal) {
    Process::fire(process, status, signal);
  };
  process_.emplace([this](std::int64_t status, int signal) {
    on_exit({static_cast<int>(status), signal});
  });
  const int error = uv_spawn(loop_, process_->get(), &options);
  if (error != 0) return fail(why_not(argv[0], error));
  group_ = uv_process_get_pid(process_->get());
  running_ = true;
  exited_ = std::move(exited);
  return {};
}

void ChildProcess::on_exit(ChildExit how) {
  running_ = false;
  group_alive();
  exited_(how);
}

bool ChildProcess::group_alive() {
  if (group_ == 0) return false;
  // Orphans of the group are our children if we are process 1 (of a container, say). The leader
  // itself is libuv's to reap.
  while (!running_ && ::waitpid(-group_, nullptr, WNOHANG) > 0) {
  }
  const bool empty = ::kill(-group_, 0) != 0 && errno == ESRCH;
  if (empty || (!running_ && !has_live_member(group_))) group_ = 0;
  return group_ != 0;
}

void ChildProcess::end_group(std::uint64_t grace_ms, std::function<void()> done) {
  done_ = std::move(done);
  if (std::exchange(ending_, true)) return;
  if (group_alive()) {
    ::kill(-group_, SIGTERM);
    ::kill(-group_, SIGCONT);  // a stopped process sees its SIGTERM only then
  }
  deadline_ms_ = monotonic_ms() + grace_ms;
  timer_.start(0, kCheckMs);
}

void ChildProcess::check_group() {
  const bool late = monotonic_ms() >= deadline_ms_;
  if (running_ || group_alive()) {
    if (!late) return;
    if (!std::exchange(killed_, true)) {
      ::kill(-group_, SIGKILL);
      deadline_ms_ = monotonic_ms() + kUnkillableMs;
      return;
    }
  }
  timer_.stop();
  ending_ = killed_ = false;
  std::exchange(done_, nullptr)();
}

}  // namespace sse::net
