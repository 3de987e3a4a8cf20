#include "shell_command.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace sse::tail {
namespace {

class Attributes {
 public:
  explicit Attributes(ProcessGroup group) {
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    const int own = group == ProcessGroup::own ? POSIX_SPAWN_SETPGROUP : 0;
    ::posix_spawnattr_setflags(
        &attributes_, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | own));
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

class FileActions {
 public:
  explicit FileActions(int standard_input) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, standard_input, STDIN_FILENO);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  return all;
}

}  // namespace

Result<pid_t> start_shell(const std::string& command, int standard_input, ProcessGroup group,
                          const std::vector<std::string>& more_environment) {
  std::vector<std::string> words{"sh", "-c", command};
  std::vector<char*> argv = pointers(words);
  argv.push_back(nullptr);
  std::vector<std::string> more = more_environment;
  std::vector<char*> envp = pointers(more);  // first: a shell takes the first of equal names
  for (char** one = environ; *one != nullptr; ++one) envp.push_back(*one);
  envp.push_back(nullptr);
  const Attributes attributes(group);
  const FileActions actions(standard_input);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, "sh", actions.get(), attributes.get(), argv.data(), envp.data());
  if (error != 0) return fail("cannot run a shell: " + std::string(std::strerror(error)));
  return child;
}

std::string failure_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return "signal " + std::to_string(WTERMSIG(wait_status));
  if (WEXITSTATUS(wait_status) == 0) return {};
  return "exit status " + std::to_string(WEXITSTATUS(wait_status));
}

std::optional<int> reap(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, WNOHANG) == child ? std::optional(status) : std::nullopt;
}

}  // namespace sse::tail
