#include "http/host_pattern.hpp"

#include "http/ascii.hpp"
#include "http/authority.hpp"

namespace sse::http {

std::optional<HostPattern> HostPattern::parse(std::string_view text) {
  HostPattern pattern;
  pattern.text_ = text;
  pattern.wildcard_ = text.substr(0, 2) == "*.";
  const std::string_view name = pattern.wildcard_ ? text.substr(2) : text;
  if (name.find('*') != std::string_view::npos || !is_valid_authority(name)) return std::nullopt;
  const Authority authority = split_authority(text);
  pattern.host_ = authority.host.substr(pattern.wildcard_ ? 1 : 0);
  pattern.port_ = authority.port;
  return pattern;
}

bool HostPattern::matches_host(std::string_view host) const {
  if (!wildcard_) return iequals(host_, host);
  if (host.size() <= host_.size()) return false;
  return iequals(host.substr(host.size() - host_.size()), host_);
}

bool HostPattern::matches(std::string_view authority, std::string_view default_port) const {
  const Authority asked = split_authority(authority);
  const std::string_view ours = port_.empty() ? default_port : std::string_view(port_);
  return matches_host(asked.host) && (asked.port.empty() ? default_port : asked.port) == ours;
}

}  // namespace sse::http
