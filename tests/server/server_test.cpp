#include "server/server.hpp"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/temp_folder.hpp"

using namespace sse::server;

namespace {

Options small() {
  Options options;
  options.hub.epoch = "test";
  return options;
}

auto command(const std::string& script) {
  return [script](uv_loop_t* loop, SourceSink& sink) {
    return make_command_source(loop, sink, {.argv = {"/bin/sh", "-c", script}});
  };
}

}  // namespace

TEST_CASE("when a source cannot start, those that did are ended") {
  sse::test::TempFolder dir;
  const std::string trace = dir / "trace";
  const auto text = [&] {
    std::ifstream file(trace);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  {
    Server server(small(), [](std::string_view) {});
    REQUIRE(
        server.add_source("a", command("trap 'echo ended >> " + trace + "; exit' TERM; echo up > " +
                                       trace + "; while :; do sleep 0.01; done")));
    while (text().empty()) ::usleep(1000);
    REQUIRE_FALSE(server.add_source("b", [](uv_loop_t* loop, SourceSink& sink) {
      return make_command_source(loop, sink, {.argv = {"/no/such/command"}});
    }));
  }
  CHECK(text() == "up\nended\n");
}
