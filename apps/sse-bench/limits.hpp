#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "sse-bench/target.hpp"

namespace sse::bench {

/// What the bench itself needs beside its streams: publishers are counted apart.
inline constexpr std::size_t kReservedDescriptors = 64;
/// Loopback connections spread over several source addresses above this many, as each address has
/// about 28,000 ephemeral ports by default.
inline constexpr std::size_t kConnectionsPerLoopbackSource = 20'000;

/// Raises the soft limit of open files to the hard one when `needed` does not fit. Error: what is
/// short, and the ways to lift it.
Result<void> allow_descriptors(std::size_t needed);

/// How many ephemeral ports one source address has towards one target
/// (net.ipv4.ip_local_port_range).
std::size_t ephemeral_ports();

/// The source addresses to spread over in turn; empty: leave it to the kernel. Given ones are used
/// as they are. Error: the connections do not fit the ports of the addresses.
Result<std::vector<Endpoint>> plan_sources(const Endpoint& target, std::size_t connections,
                                           std::vector<Endpoint> given, std::size_t ports);

}  // namespace sse::bench
