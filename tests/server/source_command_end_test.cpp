// How a command is started again and how it is ended with all it started.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "source_support.hpp"
#include "support/temp_folder.hpp"

using sse::server::CommandOptions;
using sse::test::Lines;
using sse::test::SourceTest;
using sse::test::TempFolder;

namespace {

struct CommandEndTest : SourceTest {
  CommandEndTest() {
    options.end.grace_ms = 100;
    options.linger_ms = 50;
    options.restart_delay_ms = 5;
    options.restart_delay_ms_max = 20;
  }
  void start(const std::string& script) {
    options.argv = {"/bin/sh", "-c", script};
    source = sse::server::make_command_source(loop.uv(), sink, options);
    REQUIRE(source->start().has_value());
  }
  // A process id as the command told it in a line.
  pid_t pid(std::size_t line) const { return std::stoi(sink.lines.at(line).substr(1)); }

  // Not even as a zombie of ours; orphans are for process 1 to reap.
  static bool is_gone(pid_t pid) {
    if (::kill(pid, 0) != 0) return errno == ESRCH;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state, parent;
    stat >> number >> name >> state >> parent;
    return !stat || (state == "Z" && parent != std::to_string(::getpid()));
  }

  CommandOptions options;
};

}  // namespace

TEST_CASE_FIXTURE(CommandEndTest, "a command is started again, and the channel goes on") {
  options.restart = true;
  start("echo run; exit 1");
  CHECK(run_until_lines(6));
  sink.lines.resize(6);
  CHECK(sink.lines == Lines{":run", R"(end:{"status":1,"restarts":0})",  //
                            ":run", R"(end:{"status":1,"restarts":1})",  //
                            ":run", R"(end:{"status":1,"restarts":2})"});
  CHECK_FALSE(sink.is_ended);
  CHECK(stop());
}

TEST_CASE_FIXTURE(CommandEndTest, "a command that is gone is tried again until it is back") {
  TempFolder dir;
  const std::string script = dir / "script";
  const auto write = [&] {
    sse::test::overwrite(script, "#!/bin/sh\necho here\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  };
  write();
  options.restart = true;
  options.argv = {script};
  source = sse::server::make_command_source(loop.uv(), sink, options);
  REQUIRE(source->start().has_value());
  CHECK(run_until_lines(2));
  std::filesystem::remove(script);
  CHECK(run_until([&] { return sink.warned("cannot run '" + script) >= 2; }));
  const std::size_t before = sink.lines.size();
  write();
  CHECK(run_until_lines(before + 2));
  CHECK(stop());
}

TEST_CASE_FIXTURE(CommandEndTest, "it can be stopped while it waits to be started again") {
  options.restart = true;
  options.restart_delay_ms = options.restart_delay_ms_max = 1'000'000;
  start("exit 0");
  CHECK(run_until_lines(1));
  CHECK(stop());
}

TEST_CASE_FIXTURE(CommandEndTest, "stopping sends SIGTERM and publishes the last words") {
  // No sleep in the loop: the shell would report its end on standard error.
  start("trap 'echo bye; echo sorry >&2; exit 0' TERM; echo $$; while :; do :; done");
  CHECK(run_until_lines(1));
  CHECK(stop());
  CHECK(is_gone(pid(0)));
  sink.lines.erase(sink.lines.begin());
  std::sort(sink.lines.begin(), sink.lines.end());
  CHECK(sink.lines == Lines{":bye", "stderr:sorry"});
  CHECK_FALSE(sink.is_ended);
}

TEST_CASE_FIXTURE(CommandEndTest, "last words are not held back by a pause") {
  start("trap 'seq 20000; exit' TERM; echo $$; while :; do :; done");
  CHECK(run_until_lines(1));
  sink.on_line = [this] { source->pause(); };
  CHECK(stop());
  CHECK(sink.lines.back() == ":20000");
}

TEST_CASE_FIXTURE(CommandEndTest, "a process that left the group does not hold up stopping") {
  start("setsid sleep 1000 & echo $!; wait");
  CHECK(run_until_lines(1));
  CHECK(stop());
  ::kill(pid(0), SIGKILL);
}

TEST_CASE_FIXTURE(CommandEndTest, "killing takes the whole group at once") {
  options.end.grace_ms = 1'000'000;
  start(
      "trap '' TERM; echo $$; (trap '' TERM; echo $(sh -c 'echo $PPID'); "
      "while :; do sleep 1; done) & while :; do sleep 1; done");
  CHECK(run_until_lines(2));
  source->kill();
  CHECK(stop());
  CHECK(is_gone(pid(0)));
  CHECK(is_gone(pid(1)));
}

TEST_CASE_FIXTURE(CommandEndTest, "a tree of processes that ignores SIGTERM is killed") {
  start(
      "trap '' TERM; echo $$; (trap '' TERM; echo $(sh -c 'echo $PPID'); "
      "while :; do sleep 1; done) & while :; do sleep 1; done");
  CHECK(run_until_lines(2));
  CHECK(stop());
  CHECK(is_gone(pid(0)));
  CHECK(is_gone(pid(1)));
}

TEST_CASE_FIXTURE(CommandEndTest, "a stopped process can be ended") {
  start("echo $$; kill -STOP $$");
  CHECK(run_until_lines(1));
  CHECK(stop());
  CHECK(is_gone(pid(0)));
}

TEST_CASE_FIXTURE(CommandEndTest, "it can be stopped while paused with its output full") {
  start("echo $$; exec seq 10000000");
  CHECK(run_until_lines(1));
  source->pause();
  const pid_t leader = pid(0);
  CHECK(stop());
  CHECK(is_gone(leader));
}

TEST_CASE_FIXTURE(CommandEndTest, "what a command left running is ended with it") {
  start("sleep 1000 & echo $!");
  CHECK(run_until_ended());
  CHECK(sink.lines.size() == 2);
  CHECK(sink.lines.back() == R"(end:{"status":0})");
  CHECK(sink.warned("left processes running") == 1);
  CHECK(is_gone(pid(0)));
}

TEST_CASE_FIXTURE(CommandEndTest, "output of its group after the command is still published") {
  options.linger_ms = 60'000;
  start("(sleep 0.05; echo late) & exit 4");
  CHECK(run_until_ended());
  CHECK(sink.lines == Lines{":late", R"(end:{"status":4})"});
  CHECK(sink.warnings.empty());
}

TEST_CASE_FIXTURE(CommandEndTest, "a process that left the group does not hold up the end") {
  start("setsid sleep 1000 & echo $!");
  CHECK(run_until_ended());
  CHECK(sink.lines.back() == R"(end:{"status":0})");
  ::kill(pid(0), SIGKILL);
}

TEST_CASE_FIXTURE(CommandEndTest, "the sink may stop the source in any call") {
  for (std::size_t when : {1u, 3u}) {
    bool done = false;
    start("echo 1; echo 2");
    sink.lines.clear();
    sink.on_line = [&] {
      if (sink.lines.size() == when) source->stop([&] { done = true; });
    };
    CHECK(run_until([&] { return done; }));
    CHECK(sink.lines.size() >= when);
    CHECK(sink.lines.size() <= std::max<std::size_t>(when, 2));  // no `end` for who asked for it
    CHECK_FALSE(sink.is_ended);
    source.reset();
  }
}
