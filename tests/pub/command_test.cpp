#include "sse-pub/command.hpp"

#include <doctest/doctest.h>

using sse::pub::CommandEnd;
using sse::pub::describe_end;
using sse::pub::run_command;

TEST_CASE("a command's status, signal or failure to start") {
  CHECK(run_command({"sh", "-c", "exit 7"}).exit_status() == 7);
  const CommandEnd killed = run_command({"sh", "-c", "kill -TERM $$"});
  CHECK(killed.signal == 15);
  CHECK(killed.exit_status() == 143);
  const CommandEnd missing = run_command({"/nonexistent/command"});
  CHECK(missing.exit_status() == 127);
  CHECK(missing.error == "cannot run '/nonexistent/command': No such file or directory");
  CHECK(run_command({"/"}).exit_status() == 126);
}

TEST_CASE("how it ended, as JSON") {
  CommandEnd end;
  end.status = 3;
  end.time = std::chrono::milliseconds(1234);
  CHECK(describe_end({"make", "a b"}, end) ==
        R"({"command":["make","a b"],"status":3,"seconds":1.234})");
  end.signal = 15;
  CHECK(describe_end({"x"}, end) == R"({"command":["x"],"signal":"TERM","seconds":1.234})");
  CHECK(describe_end({"\xff"}, end).find("\xef\xbf\xbd") != std::string::npos);
}
