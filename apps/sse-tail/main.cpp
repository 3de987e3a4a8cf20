#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "client/library_version.hpp"
#include "options.hpp"
#include "settings.hpp"
#include "tail.hpp"

namespace {

sse::tail::Terminal look_around() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = !term || std::string_view(term) == "dumb";
  return {.stdout_is_terminal = ::isatty(STDOUT_FILENO) == 1,
          .stderr_is_terminal = ::isatty(STDERR_FILENO) == 1,
          .dumb = dumb,
          .no_color = (no_color && *no_color) || (term && dumb)};
}

}  // namespace

int main(int argc, char** argv) {
  sse::cli::CommandLine command_line(
      {.name = "sse-tail",
       .summary = "Follow Server-Sent Events streams, reconnecting and resuming as a browser does.",
       .examples = "  sse-tail http://localhost:8080/news\n"
                   "  sse-tail -o json -e alert -c 1 https://example.com/events | jq .data\n",
       .build_notes = sse::client::library_version()});
  sse::tail::Options options;
  sse::tail::define_options(command_line.app(), options);
  if (const auto status = command_line.parse(argc, argv)) return *status;

  const auto settings = sse::tail::resolve(options, look_around());
  if (!settings) {
    sse::cli::complain("sse-tail", settings.error().message);
    return static_cast<int>(sse::cli::Exit::usage);
  }
  return static_cast<int>(sse::tail::Tail(options, *settings).run());
}
