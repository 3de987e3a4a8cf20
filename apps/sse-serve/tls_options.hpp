#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/options.hpp"

namespace CLI {
class App;
}

namespace sse::serve {

/// The options of TLS as written.
struct RawTls {
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  bool self_signed = false;
};

void define_tls(CLI::App& app, RawTls& raw, server::Options& options);

/// Sets what the server needs for TLS, and states for each address to listen on whether it speaks
/// it. Errors name the option. The files themselves are not looked at.
Result<void> resolve_tls(const RawTls& raw, server::Options& options);

}  // namespace sse::serve
