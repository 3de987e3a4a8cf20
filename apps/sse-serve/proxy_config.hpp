#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server/options.hpp"

namespace sse::serve {

/// A proxy whose configuration can be printed.
enum class Proxy { nginx, haproxy, caddy, apache };

/// "nginx", "haproxy", "caddy" or "apache".
std::optional<Proxy> parse_proxy(std::string_view name);

/// The configuration of a proxy in front of a server with these options: where it listens, its
/// base path and names, with time-outs that its heartbeat keeps from passing. Error: it listens
/// where no proxy could be told to go.
Result<std::string> proxy_config(Proxy proxy, const server::Options& options);

}  // namespace sse::serve
