#include "net/spawn.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.hpp"
#include "net/blocked_signals.hpp"
#include "net/file_limit.hpp"
#include "net/inherited_cpus.hpp"
#include "net/pipe.hpp"

namespace sse::net {
namespace {

/// What the child needs to know; made before the fork.
struct Start {
  char* const* argv;
  int out;
  int err;
  int report;  ///< takes the errno of what failed; closed by exec
  const sigset_t* signal_mask;
  const cpu_set_t* cpus;
  rlimit file_limit;
};

// Out of the way of 0, 1 and 2, which this process may have been started without.
int lifted(int fd) noexcept { return fd > 2 ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, 3); }

bool set_standard_files(const Start& start) noexcept {
  const int in = lifted(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int out = lifted(start.out);
  const int err = lifted(start.err);
  return ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2;
}

// A copy of a process with threads may make async-signal-safe calls only, until it runs a program.
[[noreturn]] void become(const Start& start) noexcept {
  const int report = lifted(start.report);
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, start.signal_mask, nullptr);
  ::sched_setaffinity(0, sizeof(cpu_set_t), start.cpus);  // none of them may be left: not our doing
  // The limit last: descriptors above it stay usable, but new ones are not to be had.
  if (set_standard_files(start) && ::setrlimit(RLIMIT_NOFILE, &start.file_limit) == 0)
    ::execvp(start.argv[0], start.argv);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(report, &error, sizeof error);
  ::_exit(127);
}

// No handler of ours may run in the child: libuv's would write to the pipe both processes share.
pid_t fork_with_signals_blocked(Start& start) noexcept {
  const BlockedSignals blocked;
  start.signal_mask = &blocked.before();
  const pid_t pid = ::fork();
  if (pid == 0) become(start);
  return pid;
}

// The errno the child told; 0: the program runs.
int failure_of(int report) noexcept {
  int error = 0;
  ssize_t got;
  do {
    got = ::read(report, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

std::string why_not(const std::string& program, int error) {
  const std::string cannot = "cannot run '" + program + "': ";
  if (error == ENOENT && program.find('/') == std::string::npos)
    return cannot + "no such command in PATH";
  return cannot + std::strerror(error);
}

std::vector<char*> pointers(const std::vector<std::string>& argv) {
  std::vector<char*> out;
  out.reserve(argv.size() + 1);
  for (const std::string& argument : argv) out.push_back(const_cast<char*>(argument.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<pid_t> spawn(const std::vector<std::string>& argv, int out, int err) {
  Result<Pipe> report = make_pipe();
  if (!report) return fail(std::move(report.error().message));
  ::fcntl(report->read.get(), F_SETFL, 0);
  const std::vector<char*> arguments = pointers(argv);
  Start start{arguments.data(),      out, err, report->write.get(), {}, &inherited_cpus(),
              inherited_file_limit()};
  const pid_t pid = fork_with_signals_blocked(start);
  if (pid < 0) return fail(why_not(argv[0], errno));
  report->write.reset();
  const int error = failure_of(report->read.get());
  if (error == 0) return pid;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return fail(why_not(argv[0], error));
}

}  // namespace sse::net
