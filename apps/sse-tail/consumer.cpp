#include "consumer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "shell_command.hpp"

namespace sse::tail {

Result<Consumer> Consumer::start(const std::string& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(std::string("cannot make a pipe: ") + std::strerror(errno));
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const auto child = start_shell(command, reading.get(), ProcessGroup::ours, {});
  if (!child) return tl::unexpected(child.error());
  return Consumer(*child, std::move(writing));
}

bool Consumer::ended() {
  if (!status_) status_ = reap(child_);
  return status_.has_value();
}

std::string Consumer::failure() const { return failure_of(*status_); }

}  // namespace sse::tail
