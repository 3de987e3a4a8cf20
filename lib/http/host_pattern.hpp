#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sse::http {

/// Hosts as an operator names them: "app.example.org", "[::1]", or "*.example.org" for every name
/// below example.org, of any depth, but not example.org itself; each with or without a port.
class HostPattern {
 public:
  /// nullopt: `text` is none.
  static std::optional<HostPattern> parse(std::string_view text);

  /// Is this one of the hosts, whatever the port?
  bool matches_host(std::string_view host) const;
  /// Is this "host" or "host:port" one of the hosts and on the port of the pattern? Where there is
  /// no port `default_port` is meant.
  bool matches(std::string_view authority, std::string_view default_port) const;

  bool has_port() const noexcept { return !port_.empty(); }
  /// As it was written.
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  std::string host_;  ///< for wildcards what follows the star: ".example.org"
  std::string port_;
  bool wildcard_ = false;
};

}  // namespace sse::http
