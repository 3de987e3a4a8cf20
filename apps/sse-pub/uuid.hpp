#pragma once

#include <string>

namespace sse::pub {

/// A random UUID (RFC 9562 version 4) from the system's random numbers, in lower case.
std::string random_uuid();

}  // namespace sse::pub
