#include "net/inherited_cpus.hpp"

namespace sse::net {
namespace {

cpu_set_t cpus() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  return set;
}

const cpu_set_t kInherited = cpus();

}  // namespace

const cpu_set_t& inherited_cpus() noexcept { return kInherited; }

}  // namespace sse::net
