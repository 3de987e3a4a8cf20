#pragma once

#include <memory>

#include "base/result.hpp"
#include "sse-pub/options.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// The target the options name. Error: a usage error (bad URL, unreadable secret).
Result<std::unique_ptr<Target>> make_target(const PubOptions& options, int interrupt_fd);

}  // namespace sse::pub
