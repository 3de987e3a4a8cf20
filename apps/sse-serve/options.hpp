#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proxy_config.hpp"
#include "server/options.hpp"
#include "server/source/source.hpp"

namespace sse::serve {

/// A file to follow and the channel its lines go to.
struct Follow {
  std::string channel;
  std::string path;
};

/// What the command line asks for.
struct Settings {
  server::Options server;
  std::string channel = "events";  ///< of the command, stdin, and files without their own
  server::CommandOptions command;  ///< after --; no argv: none
  bool read_stdin = false;
  std::vector<Follow> follow;
  server::FollowOptions following;  ///< what all followed files have in common
  bool exit_on_end = false;
  std::size_t line_bytes_max = 1u << 20;
  bool quiet = false;
  std::optional<Proxy> print_proxy;  ///< print its configuration instead of serving
};

/// Reads the command line. nullopt: the process is to exit with `exit_status`; what there was to
/// say has been said.
std::optional<Settings> read_settings(int argc, char** argv, int& exit_status);

/// "NAME=PATH" or "PATH": a name before `=` that could be a channel, unless such a file exists.
Follow parse_follow(const std::string& text, const std::string& channel);

}  // namespace sse::serve
