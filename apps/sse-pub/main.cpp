#include "sse-pub/options.hpp"
#include "sse-pub/run.hpp"

int main(int argc, char** argv) {
  sse::pub::PubOptions options;
  sse::cli::CommandLine line(sse::pub::tool_info());
  sse::pub::add_options(line.app(), options);
  sse::pub::take_command(argc, argv, options);
  if (const auto status = line.parse(argc, argv)) return *status;
  return sse::pub::run(std::move(options));
}
