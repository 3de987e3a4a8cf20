#pragma once

#include <string>

namespace sse::client {

/// The HTTP library in use and what it can do, for --version: "libcurl 7.88.1 (OpenSSL/3.0.11),
/// HTTP/2".
std::string library_version();

}  // namespace sse::client
