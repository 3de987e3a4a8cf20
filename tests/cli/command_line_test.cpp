#include "cli/command_line.hpp"

#include <stdlib.h>

#include <fstream>

#include <doctest/doctest.h>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using sse::cli::CommandLine;

namespace {

/// A tool with one option of each shared kind.
struct Tool {
  CommandLine line{{.name = "sse-test", .summary = "Tests.", .examples = {}, .build_notes = {}}};
  std::chrono::milliseconds wait{1s};
  std::size_t size = 1024;
  std::size_t count = 3;
  std::vector<std::string> rest;

  Tool() {
    sse::cli::add_duration(line.app(), "-w,--wait-time", wait, "How long", 0ms, 1h);
    sse::cli::add_size(line.app(), "--size", size, "How large", 1, 1u << 20);
    sse::cli::add_count(line.app(), "--count", count, "How many", 1, 10);
    line.app().add_option("rest", rest);
  }

  std::optional<int> parse(std::vector<std::string> arguments) {
    std::vector<char*> argv{name_.data()};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return line.parse(static_cast<int>(argv.size()), argv.data());
  }

 private:
  std::string name_ = "sse-test";
};

}  // namespace

TEST_CASE("durations, sizes and counts are read with their units and bounds") {
  Tool tool;
  CHECK(!tool.parse({"--wait-time", "1500ms", "--size=2k", "--count", "10", "word"}));
  CHECK(tool.wait == 1500ms);
  CHECK(tool.size == 2048);
  CHECK(tool.count == 10);
  CHECK(tool.rest == std::vector<std::string>{"word"});
}

TEST_CASE("a wrong value or option is a usage error") {
  using Words = std::vector<std::string>;
  for (const Words& words :
       {Words{"--wait-time", "5"}, Words{"--wait-time", "2h"}, Words{"--size", "0"},
        Words{"--size", "2g"}, Words{"--count", "-1"}, Words{"--count", "11"},
        Words{"--count", "3x"}, Words{"--cuont", "3"}, Words{"--count"}}) {
    Tool tool;
    CHECK_MESSAGE(tool.parse(words) == 2, words.front());
  }
}

TEST_CASE("help and version end the process well") {
  Tool tool;
  CHECK(tool.parse({"--help"}) == 0);
  CHECK(tool.parse({"--version"}) == 0);
  CHECK(!tool.parse({"--", "--version"}));
}

TEST_CASE("an option comes from the command line, the environment or a file, in this order") {
  const sse::test::TempFolder folder;
  const std::string path = folder / "options.toml";
  std::ofstream(path) << "wait-time = \"1ms\"\nsize = \"1k\"\ncount = 2\n";
  ::setenv("SSE_WAIT_TIME", "2ms", 1);
  ::setenv("SSE_SIZE", "2k", 1);
  Tool tool;
  CHECK(!tool.parse({"--config", path, "--wait-time", "3ms"}));
  CHECK(tool.wait == 3ms);
  CHECK(tool.size == 2048);
  CHECK(tool.count == 2);
  ::unsetenv("SSE_WAIT_TIME");
  ::unsetenv("SSE_SIZE");
}

TEST_CASE("a secret is the file without its line end") {
  const sse::test::TempFolder folder;
  const std::string path = folder / "secret";
  std::string error;
  std::ofstream(path) << "s3cret\r\n";
  CHECK(sse::cli::read_secret_file(path, error) == "s3cret");
  std::ofstream(path) << "\n";
  CHECK(!sse::cli::read_secret_file(path, error));
  CHECK(error.find(path) != std::string::npos);
  ::remove(path.c_str());
  error.clear();
  CHECK(!sse::cli::read_secret_file(path, error));
  CHECK(error.find(path) != std::string::npos);
}
