#pragma once

#include <sys/resource.h>

#include <cstddef>

namespace sse::net {

/// The limit of open files this process was started with: what programs it starts are to get.
const rlimit& inherited_file_limit() noexcept;

/// Raises the soft limit of open files as far as the system lets us; returns how many may be open.
std::size_t raise_file_limit() noexcept;

/// How many descriptors this process has open.
std::size_t open_files() noexcept;

}  // namespace sse::net
