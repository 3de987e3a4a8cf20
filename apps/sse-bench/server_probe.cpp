#include "sse-bench/server_probe.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace sse::bench {
namespace {

namespace fs = std::filesystem;

std::string proc(pid_t pid) { return "/proc/" + std::to_string(pid); }

std::vector<fs::path> tasks(pid_t pid) {
  std::vector<fs::path> out;
  std::error_code gone;
  for (fs::directory_iterator it(proc(pid) + "/task", gone), end; !gone && it != end;
       it.increment(gone))
    out.push_back(it->path());
  return out;
}

CpuTime read_schedstat(const fs::path& task) {
  CpuTime time;
  std::ifstream in(task / "schedstat");
  in >> time.run_ns >> time.wait_ns;
  return time;
}

std::optional<std::uint64_t> read_pss(pid_t pid) {
  std::ifstream in(proc(pid) + "/smaps_rollup");
  for (std::string word; in >> word;) {
    if (word != "Pss:") continue;
    std::uint64_t kibibytes = 0;
    in >> kibibytes;
    return kibibytes * 1024;
  }
  return std::nullopt;
}

}  // namespace

CpuTime& CpuTime::operator+=(const CpuTime& other) noexcept {
  run_ns += other.run_ns;
  wait_ns += other.wait_ns;
  return *this;
}

CpuTime thread_cpu(pid_t tid) { return read_schedstat("/proc/self/task/" + std::to_string(tid)); }

std::optional<pid_t> ServerProbe::unreadable() const {
  const auto bad = std::find_if(pids_.begin(), pids_.end(),
                                [](pid_t pid) { return tasks(pid).empty() || !read_pss(pid); });
  return bad == pids_.end() ? std::nullopt : std::optional(*bad);
}

std::vector<pid_t> ServerProbe::tree() const {
  std::vector<pid_t> out;
  std::vector<pid_t> open = pids_;
  while (!open.empty()) {
    const pid_t pid = open.back();
    open.pop_back();
    if (std::find(out.begin(), out.end(), pid) != out.end()) continue;
    out.push_back(pid);
    for (const fs::path& task : tasks(pid)) {
      std::ifstream in(task / "children");
      for (pid_t child = 0; in >> child;) open.push_back(child);
    }
  }
  return out;
}

std::uint64_t ServerProbe::cpu_ns() const {
  CpuTime sum;
  for (const pid_t pid : tree())
    for (const fs::path& task : tasks(pid)) sum += read_schedstat(task);
  return sum.run_ns;
}

std::uint64_t ServerProbe::pss_bytes() const {
  std::uint64_t sum = 0;
  for (const pid_t pid : tree()) sum += read_pss(pid).value_or(0);
  return sum;
}

}  // namespace sse::bench
