#include "net/inherited_cpus.hpp"

#include <cstddef>

namespace sse::net {
namespace {

cpu_set_t cpus_at_start() noexcept {
  cpu_set_t set{};
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return set;
  // More CPUs than the set has places: all of those it has.
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &set);
  return set;
}

const cpu_set_t kInheritedCpus = cpus_at_start();

}  // namespace

const cpu_set_t& inherited_cpus() noexcept { return kInheritedCpus; }

}  // namespace sse::net
