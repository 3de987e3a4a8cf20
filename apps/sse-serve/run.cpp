#include "run.hpp"

#include <cstdio>
#include <utility>

#include "cli/command_line.hpp"
#include "net/tls_context.hpp"
#include "server/server.hpp"

namespace sse::serve {
namespace {

constexpr std::string_view kName = "sse-serve";

Result<void> add_sources(server::Server& server, const Settings& settings) {
  using server::SourceSink;
  for (const Follow& follow : settings.follow) {
    server::FollowOptions options = settings.following;
    options.path = follow.path;
    options.line_bytes_max = settings.line_bytes_max;
    auto added = server.add_source(follow.channel, [&](uv_loop_t* loop, SourceSink& sink) {
      return server::make_follow_source(loop, sink, options);
    });
    if (!added) return added;
  }
  if (settings.read_stdin) {
    server::StdinOptions options;
    options.line_bytes_max = settings.line_bytes_max;
    auto added = server.add_source(settings.channel, [&](uv_loop_t* loop, SourceSink& sink) {
      return server::make_stdin_source(loop, sink, options);
    });
    if (!added) return added;
  }
  if (settings.command.argv.empty()) return {};
  server::CommandOptions options = settings.command;
  options.line_bytes_max = settings.line_bytes_max;
  return server.add_source(settings.channel, [&](uv_loop_t* loop, SourceSink& sink) {
    return server::make_command_source(loop, sink, options);
  });
}

cli::Exit print_proxy(const Settings& settings) {
  const auto text = proxy_config(*settings.print_proxy, settings.server);
  if (!text) {
    cli::complain(kName, text.error().message);
    return cli::Exit::usage;
  }
  const bool printed = std::fputs(text->c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return printed ? cli::Exit::ok : cli::Exit::failure;
}

Result<int> serve(Settings settings) {
  server::Server server(std::move(settings.server),
                        [](std::string_view line) { cli::complain(kName, line); });
  if (auto listening = server.listen(); !listening) return tl::unexpected(listening.error());
  // Streams opened by who reads this line must not miss the first events: it comes first.
  if (!settings.quiet)
    for (const std::string& url : server.urls()) cli::complain(kName, "listening on " + url);
  if (settings.exit_on_end) server.exit_when_sources_end();
  if (auto added = add_sources(server, settings); !added) return tl::unexpected(added.error());
  return server.run();
}

// The server reads them again: here it is wrong usage, as with the files of all other options.
Result<void> check_certificates(const server::Options& options) {
  if (!options.tls) return {};
  if (auto read = net::TlsContext::make(*options.tls); !read) return tl::unexpected(read.error());
  return {};
}

}  // namespace

int run(Settings settings) {
  if (settings.print_proxy) return static_cast<int>(print_proxy(settings));
  if (auto checked = check_certificates(settings.server); !checked) {
    cli::complain(kName, checked.error().message);
    return static_cast<int>(cli::Exit::usage);
  }
  const Result<int> signal = serve(std::move(settings));
  if (!signal) {
    cli::complain(kName, signal.error().message);
    return static_cast<int>(cli::Exit::failure);
  }
  if (*signal != 0) cli::die_by_signal(*signal);
  return static_cast<int>(cli::Exit::ok);
}

}  // namespace sse::serve
