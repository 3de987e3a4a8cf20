#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  int exit_status = 0;
  auto settings = sse::serve::read_settings(argc, argv, exit_status);
  return settings ? sse::serve::run(std::move(*settings)) : exit_status;
}
