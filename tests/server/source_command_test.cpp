// What a command's source publishes.
#include <filesystem>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "source_support.hpp"
#include "support/temp_folder.hpp"

using sse::server::CommandOptions;
using sse::test::Lines;
using sse::test::SourceTest;

namespace {

std::set<int> open_descriptors() {
  std::set<int> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    out.insert(std::stoi(entry.path().filename()));
  return out;
}

// What whoever started the tests left open.
const std::set<int> kFromOutside = open_descriptors();

struct CommandTest : SourceTest {
  sse::Result<void> start(std::vector<std::string> argv, CommandOptions options = {}) {
    options.argv = std::move(argv);
    source = sse::server::make_command_source(loop.uv(), sink, std::move(options));
    return source->start();
  }
  Lines run(const std::string& script, CommandOptions options = {}) {
    REQUIRE(start({"/bin/sh", "-c", script}, std::move(options)).has_value());
    CHECK(run_until_ended());
    CHECK_FALSE(sink.after_end);
    return sink.lines;
  }
};

}  // namespace

TEST_CASE_FIXTURE(CommandTest, "lines of the standard output are events, the status ends them") {
  CHECK(run("echo one; echo; printf 'two\\r\\n'") ==
        Lines{":one", ":", ":two", R"(end:{"status":0})"});
  CHECK(sink.warnings.empty());
}

TEST_CASE_FIXTURE(CommandTest, "a last line needs no end") {
  CHECK(run("printf 'a\\nlast'; exit 3") == Lines{":a", ":last", R"(end:{"status":3})"});
}

TEST_CASE_FIXTURE(CommandTest, "a signal ends it with its name") {
  CHECK(run("echo x; kill -KILL $$") == Lines{":x", R"(end:{"signal":"KILL"})"});
}

TEST_CASE_FIXTURE(CommandTest, "lines of the standard error have a type") {
  // The second line waits for the first to have been read: the order is the order of reading.
  sse::test::TempFolder dir;
  const std::string seen = dir / "seen";
  sink.on_line = [&] { sse::test::append(seen, "x"); };
  CHECK(run("echo e >&2; until test -s " + seen + "; do :; done; echo o") ==
        Lines{"stderr:e", ":o", R"(end:{"status":0})"});
}

TEST_CASE_FIXTURE(CommandTest, "its input is empty, its environment ours") {
  ::setenv("SSE_TEST_VALUE", "passed on", 1);
  CHECK(run("cat; echo $SSE_TEST_VALUE") == Lines{":passed on", R"(end:{"status":0})"});
}

TEST_CASE_FIXTURE(CommandTest, "it inherits no descriptor but its three") {
  // 3 is the listing's own.
  Lines lines = run("ls /proc/self/fd");
  lines.pop_back();
  for (const std::string& line : lines) {
    const int fd = std::stoi(line.substr(1));
    CHECK_MESSAGE((fd <= 3 || kFromOutside.contains(fd)), line);
  }
}

TEST_CASE_FIXTURE(CommandTest, "much output arrives whole and in order") {
  std::size_t count = 0;
  bool in_order = true;
  sink.on_line = [&] {
    in_order &= sink.lines.back() == ":" + std::to_string(count + 1) || count == 300'000;
    ++count;
    sink.lines.clear();
  };
  run("seq 300000");
  CHECK(in_order);
  CHECK(count == 300'001);
}

TEST_CASE_FIXTURE(CommandTest, "a long line is cut with a warning that names the source") {
  CommandOptions options;
  options.line_bytes_max = 4;
  CHECK(run("echo 123456", std::move(options)) == Lines{":1234", R"(end:{"status":0})"});
  CHECK(sink.warned("standard output of /bin/sh") == 1);
}

TEST_CASE_FIXTURE(CommandTest, "what cannot be run is an error that names it") {
  const auto error = [this](std::string program) {
    const sse::Result<void> started = start({std::move(program)});
    return started ? std::string("started") : started.error().message;
  };
  CHECK(error("no-such-command-here") ==
        "cannot run 'no-such-command-here': no such command in PATH");
  CHECK(error("/no/such").find("cannot run '/no/such': No such file") == 0);
  CHECK(error("/etc/passwd").find("cannot run '/etc/passwd': Permission denied") == 0);
  CHECK(stop());
}

TEST_CASE_FIXTURE(CommandTest, "while paused the command waits, and its end too") {
  REQUIRE(start({"/bin/sh", "-c", "seq 100000"}).has_value());
  source->pause();
  run_for(50);
  CHECK(sink.lines.empty());
  sink.on_line = [&] {
    if (sink.lines.size() == 1) source->pause();
  };
  source->resume();
  CHECK(run_until_lines(1));
  run_for(50);
  CHECK(sink.lines.size() > 1);
  CHECK(sink.lines.size() < 100'000);
  source->resume();
  CHECK(run_until_ended());
  CHECK(sink.lines.size() == 100'001);
}
