#pragma once

#include <sched.h>

namespace sse::net {

/// The CPUs this process was started on: what programs it starts are to get.
const cpu_set_t& inherited_cpus() noexcept;

}  // namespace sse::net
