#include "sse-bench/options.hpp"
#include "sse-bench/run.hpp"

int main(int argc, char** argv) {
  sse::bench::Options options;
  if (const auto status = sse::bench::parse_options(argc, argv, options)) return *status;
  return sse::bench::run(options);
}
