#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::net {

/// A pipe, both ends close-on-exec; only the end for reading is non-blocking.
struct Pipe {
  Fd read;
  Fd write;
};
Result<Pipe> make_pipe();

}  // namespace sse::net
