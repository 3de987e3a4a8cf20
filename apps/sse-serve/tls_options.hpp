#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/options.hpp"

namespace CLI {
class App;
}

namespace sse::serve {

/// The options of TLS and HTTP/2 as written.
struct RawTls {
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  bool self_signed = false;
  std::size_t streams_max = server::Http2Options{}.streams_max;
  std::size_t control_frames_max = server::Http2Options{}.control_frames_max;
};

void define_tls(CLI::App& app, RawTls& raw, server::Options& options);

/// Sets what the server needs for TLS and HTTP/2, and states for each address to listen on whether
/// it speaks it. Errors name the option. The files themselves are not looked at.
Result<void> resolve_tls(const RawTls& raw, server::Options& options);

}  // namespace sse::serve
