#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::tail {

/// --exec-pipe: one command that reads the output instead of standard output.
class Consumer {
 public:
  static Result<Consumer> start(const std::string& command);

  /// Where it reads from.
  int fd() const noexcept { return input_.get(); }
  /// Says that nothing more comes.
  void finish() { input_.reset(); }
  /// Whether the command has ended.
  bool ended();
  /// Why it failed, as one clause; empty when it succeeded. Precondition: ended().
  std::string failure() const;

 private:
  Consumer(pid_t child, Fd input) : child_(child), input_(std::move(input)) {}

  pid_t child_;
  Fd input_;
  std::optional<int> status_;
};

}  // namespace sse::tail
