#include "sse-pub/interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.hpp"

namespace sse::pub {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

volatile sig_atomic_t caught_signal = 0;
volatile sig_atomic_t wake_fd = -1;

extern "C" void on_signal(int signal) {
  const int saved = errno;
  caught_signal = signal;
  [[maybe_unused]] const ssize_t written = ::write(static_cast<int>(wake_fd), "", 1);
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;  // default actions stay
  read_end_.reset(ends[0]);
  write_end_.reset(ends[1]);
  caught_signal = 0;
  wake_fd = ends[1];
  ::signal(SIGPIPE, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : kSignals) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);  // nohup stays
  }
}

Interrupt::~Interrupt() {
  for (const int signal : kSignals) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler == on_signal) ::signal(signal, SIG_DFL);
  }
  wake_fd = -1;
}

int Interrupt::signal() const noexcept { return caught_signal; }

bool wait_readable(int fd, int interrupt_fd, int timeout_ms) noexcept {
  std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{interrupt_fd, POLLIN, 0}};
  while (true) {
    const int ready = ::poll(fds.data(), fds.size(), timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    return fds[1].revents == 0 && fds[0].revents != 0;
  }
}

bool wait_until(std::uint64_t due_ns, int interrupt_fd) noexcept {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  pollfd interrupt{interrupt_fd, POLLIN, 0};
  while (true) {
    const std::uint64_t now = monotonic_ns();
    const std::uint64_t left = due_ns - std::min(due_ns, now);
    const timespec pause{static_cast<time_t>(left / kSecond), static_cast<long>(left % kSecond)};
    ::ppoll(&interrupt, 1, &pause, nullptr);
    if (interrupt.revents != 0) return false;
    if (monotonic_ns() >= due_ns) return true;
  }
}

}  // namespace sse::pub
