#pragma once

#include <string>

#include "base/result.hpp"

namespace sse::tail {

/// The whole file, "-" for standard input. The error names the path and says why.
Result<std::string> read_file(const std::string& path);

}  // namespace sse::tail
