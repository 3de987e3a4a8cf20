#include "net/inherited_cpus.hpp"

namespace sse::net {
namespace {

cpu_set_t cpus_at_start() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  return set;
}

const cpu_set_t kInheritedCpus = cpus_at_start();

}  // namespace

const cpu_set_t& inherited_cpus() noexcept { return kInheritedCpus; }

}  // namespace sse::net
