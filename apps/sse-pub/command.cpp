#include "sse-pub/command.hpp"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"

namespace sse::pub {
namespace {

constexpr std::array kForwarded{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
constexpr int kNotFound = 127;
constexpr int kNotRunnable = 126;

volatile sig_atomic_t child = 0;  // 0: none

// The kernel's own signals (a key on the terminal) go to the whole process group.
extern "C" void forward(int signal, siginfo_t* info, void*) {
  const int saved = errno;
  const bool from_process = info->si_code == SI_USER || info->si_code == SI_QUEUE;
  if (from_process && child != 0) ::kill(static_cast<pid_t>(child), signal);
  errno = saved;
}

sigset_t forwarded_set() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kForwarded) ::sigaddset(&set, signal);
  return set;
}

/// Keeps the forwarded signals waiting while it lives.
class Held {
 public:
  Held() {
    const sigset_t set = forwarded_set();
    ::sigprocmask(SIG_BLOCK, &set, &before_);
  }
  ~Held() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t before_{};
};

/// Forwards signals while it lives; one that was ignored stays so, for us and the command.
class Forwarding {
 public:
  Forwarding() {
    struct sigaction action {};
    action.sa_sigaction = forward;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    for (std::size_t i = 0; i < kForwarded.size(); ++i) {
      ::sigaction(kForwarded[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) ::sigaction(kForwarded[i], &action, nullptr);
    }
  }
  ~Forwarding() {
    for (std::size_t i = 0; i < kForwarded.size(); ++i)
      ::sigaction(kForwarded[i], &before_[i], nullptr);
  }
  Forwarding(const Forwarding&) = delete;
  Forwarding& operator=(const Forwarding&) = delete;

 private:
  std::array<struct sigaction, kForwarded.size()> before_{};
};

// The error number, or 0. SIGPIPE is ours to ignore, not the command's.
int start(const std::vector<std::string>& argv, const sigset_t& mask, pid_t& pid) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setsigmask(&attributes, &mask);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  const int error =
      ::posix_spawnp(&pid, arguments[0], nullptr, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

// Leaves the process unreaped, so that its id is not given to another meanwhile.
void wait_for_end(pid_t pid) {
  siginfo_t info;
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
}

void reap(pid_t pid, CommandEnd& end) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    end.signal = WTERMSIG(status);
  else
    end.status = WEXITSTATUS(status);
}

CommandEnd start_and_wait(const std::vector<std::string>& argv) {
  CommandEnd end;
  pid_t pid = 0;
  {
    const Held held;
    if (const int error = start(argv, held.before(), pid); error != 0) {
      end.status = error == ENOENT ? kNotFound : kNotRunnable;
      end.error = "cannot run '" + argv[0] + "': " + ::strerror(error);
      return end;
    }
    child = pid;
  }
  wait_for_end(pid);
  const Held held;
  child = 0;
  reap(pid, end);
  return end;
}

}  // namespace

CommandEnd run_command(const std::vector<std::string>& argv) {
  const std::uint64_t began = monotonic_ms();
  const Forwarding forwarding;
  CommandEnd end = start_and_wait(argv);
  end.time = std::chrono::milliseconds(monotonic_ms() - began);
  return end;
}

std::string describe_end(const std::vector<std::string>& argv, const CommandEnd& end) {
  nlohmann::ordered_json data{{"command", argv}};
  const char* name = end.signal == 0 ? nullptr : ::sigabbrev_np(end.signal);
  if (end.signal == 0)
    data["status"] = end.status;
  else
    data["signal"] = name == nullptr ? std::to_string(end.signal) : std::string(name);
  data["seconds"] = static_cast<double>(end.time.count()) / 1000;
  return data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sse::pub
