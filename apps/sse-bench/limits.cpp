#include "sse-bench/limits.hpp"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace sse::bench {

Result<void> allow_descriptors(std::size_t needed) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  const bool enough = limit.rlim_max >= needed;
  limit.rlim_cur = limit.rlim_max;
  if (enough && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  const std::string wanted = std::to_string(needed);
  return fail("this run needs " + wanted + " open files and the hard limit is " +
              std::to_string(limit.rlim_max) +
              ": lower -n/--streams, or raise the limit (as root 'ulimit -Hn " + wanted +
              "', systemd 'LimitNOFILE=" + wanted + "', docker '--ulimit nofile=" + wanted + "')");
}

std::size_t ephemeral_ports() {
  constexpr std::size_t kDefault = 28'232;
  std::ifstream in("/proc/sys/net/ipv4/ip_local_port_range");
  std::size_t first = 0, last = 0;
  return in >> first >> last && last > first ? last - first + 1 : kDefault;
}

Result<std::vector<Endpoint>> plan_sources(const Endpoint& target, std::size_t connections,
                                           std::vector<Endpoint> given, std::size_t ports) {
  for (const Endpoint& source : given)
    if (source.address.ss_family != target.address.ss_family)
      return fail("--source: an address is of another family (IPv4, IPv6) than the target");
  if (given.empty() && target.is_loopback_v4() && connections > kConnectionsPerLoopbackSource)
    given = loopback_sources((connections + kConnectionsPerLoopbackSource - 1) /
                             kConnectionsPerLoopbackSource);
  const std::size_t addresses = given.empty() ? 1 : given.size();
  if (connections > addresses * ports)
    return fail(std::to_string(connections) + " connections need " +
                std::to_string((connections + ports - 1) / ports) + " source addresses of " +
                std::to_string(ports) +
                " ports each: give more --source ADDR, or widen net.ipv4.ip_local_port_range");
  return given;
}

}  // namespace sse::bench
