#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace sse::bench {

/// What a thread had of the CPU, from the scheduler's own accounts.
struct CpuTime {
  std::uint64_t run_ns = 0;   ///< on a CPU
  std::uint64_t wait_ns = 0;  ///< runnable, waiting for one

  CpuTime& operator+=(const CpuTime& other) noexcept;
  friend CpuTime operator-(CpuTime a, const CpuTime& b) noexcept {
    return {a.run_ns - b.run_ns, a.wait_ns - b.wait_ns};
  }
};

/// A thread of this process; zero when it is gone.
CpuTime thread_cpu(pid_t tid);

/// What processes and all their descendants use. Reads /proc anew each time, so children that come
/// later count; threads and children that ended in between take their time with them.
class ServerProbe {
 public:
  explicit ServerProbe(std::vector<pid_t> pids) : pids_(std::move(pids)) {}

  /// The first given process that cannot be examined: gone, or another user's.
  std::optional<pid_t> unreadable() const;
  bool empty() const noexcept { return pids_.empty(); }

  std::uint64_t cpu_ns() const;
  /// Proportional set size: shared pages count by the share.
  std::uint64_t pss_bytes() const;

 private:
  std::vector<pid_t> tree() const;

  std::vector<pid_t> pids_;
};

}  // namespace sse::bench
