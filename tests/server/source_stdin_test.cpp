#include <fcntl.h>
#include <pty.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "base/fd.hpp"
#include "source_support.hpp"
#include "support/temp_folder.hpp"

using sse::Fd;
using sse::test::Lines;
using sse::test::SourceTest;

namespace {

const std::string kEof = R"(end:{"reason":"eof"})";

struct StdinTest : SourceTest {
  sse::Result<void> start(int fd, std::size_t line_bytes_max = sse::server::kLineBytesMax) {
    source = sse::server::make_stdin_source(loop.uv(), sink, {fd, line_bytes_max});
    return source->start();
  }
  static void put(int fd, std::string_view text) {
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
};

std::array<Fd, 2> make_blocking_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

TEST_CASE_FIXTURE(StdinTest, "a pipe is read as it is written, to its end") {
  auto [read_end, write_end] = make_blocking_pipe();
  REQUIRE(start(read_end.get()).has_value());
  put(write_end.get(), "one\ntw");
  CHECK(run_until_lines(1));
  put(write_end.get(), "o\n\nlast");
  CHECK(run_until_lines(3));
  write_end.reset();
  CHECK(run_until_ended());
  CHECK(sink.lines == Lines{":one", ":two", ":", ":last", kEof});
  CHECK(sink.warnings.empty());
  CHECK_FALSE(sink.after_end);
  // Others may share the descriptor and count on it to block.
  CHECK((::fcntl(read_end.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE_FIXTURE(StdinTest, "a file is read from its position to its end") {
  sse::test::TempFolder dir;
  std::string text = "skipped\n";
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\n";
  sse::test::overwrite(dir / "file", text + "end");
  const Fd file(::open((dir / "file").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::lseek(file.get(), 8, SEEK_SET) == 8);
  REQUIRE(start(file.get()).has_value());
  CHECK(run_until_ended());
  REQUIRE(sink.lines.size() == 100'002);
  CHECK(sink.lines[0] == ":line 0");
  CHECK(sink.lines[99'999] == ":line 99999");
  CHECK(sink.lines[100'000] == ":end");
  CHECK(sink.lines[100'001] == kEof);
}

TEST_CASE_FIXTURE(StdinTest, "a file waits while paused") {
  sse::test::TempFolder dir;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  sse::test::overwrite(dir / "file", text);
  const Fd file(::open((dir / "file").c_str(), O_RDONLY | O_CLOEXEC));
  sink.on_line = [&] {
    if (sink.lines.size() != 1) return;
    source->pause();
    source->resume();  // must not read into the lines being delivered
    source->pause();
  };
  REQUIRE(start(file.get()).has_value());
  CHECK(run_until_lines(1));
  run_for(50);
  CHECK(sink.lines.size() < 100'000);
  source->resume();
  CHECK(run_until_ended());
  CHECK(sink.lines.size() == 100'001);
}

TEST_CASE_FIXTURE(StdinTest, "/dev/null is at its end") {
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(start(null.get()).has_value());
  CHECK(run_until_ended());
  CHECK(sink.lines == Lines{kEof});
}

TEST_CASE_FIXTURE(StdinTest, "a terminal is read until its end of file") {
  int master = -1;
  int slave = -1;
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  const Fd keyboard(master);
  const Fd terminal(slave);
  REQUIRE(start(terminal.get()).has_value());
  put(keyboard.get(), "typed\n");
  CHECK(run_until_lines(1));
  put(keyboard.get(), "\x04");
  CHECK(run_until_ended());
  CHECK(sink.lines == Lines{":typed", kEof});
}

TEST_CASE_FIXTURE(StdinTest, "a socket is read to its end") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  REQUIRE(start(ours.get()).has_value());
  put(theirs.get(), "x\n");
  theirs.reset();
  CHECK(run_until_ended());
  CHECK(sink.lines == Lines{":x", kEof});
}

TEST_CASE_FIXTURE(StdinTest, "what cannot be read is an error at the start") {
  const Fd directory(::open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  const sse::Result<void> started = start(directory.get());
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message == "cannot read standard input: Is a directory");
  CHECK_FALSE(start(-1).has_value());
}

TEST_CASE_FIXTURE(StdinTest, "a line over the limit is cut with a warning") {
  auto [read_end, write_end] = make_blocking_pipe();
  REQUIRE(start(read_end.get(), 4).has_value());
  put(write_end.get(), "123456\n");
  CHECK(run_until_lines(1));
  CHECK(sink.lines == Lines{":1234"});
  CHECK(sink.warned("standard input: a line was longer") == 1);
}

TEST_CASE_FIXTURE(StdinTest, "stopping with input at hand is silent at once") {
  auto [read_end, write_end] = make_blocking_pipe();
  REQUIRE(start(read_end.get()).has_value());
  put(write_end.get(), "1\n2\n3\n");
  bool done = false;
  sink.on_line = [&] {
    if (sink.lines.size() == 1) source->stop([&] { done = true; });
  };
  CHECK(run_until([&] { return done; }));
  CHECK(sink.lines == Lines{":1"});
  source.reset();
}

TEST_CASE_FIXTURE(StdinTest, "a busy writer does not get ahead of a paused reader") {
  auto [read_end, write_end] = make_blocking_pipe();
  REQUIRE(start(read_end.get()).has_value());
  std::thread writer([fd = write_end.get()] {
    for (int i = 0; i < 100'000; ++i) put(fd, std::to_string(i) + "\n");
  });
  std::size_t pauses = 0;
  sink.on_line = [&] {
    if (sink.lines.size() % 10'000 == 0) source->pause();
  };
  while (sink.lines.size() < 100'000) {
    const std::size_t before = sink.lines.size();
    source->resume();
    if (!run_until_lines(before + 1)) break;
    ++pauses;
  }
  writer.join();
  CHECK(pauses > 2);
  REQUIRE(sink.lines.size() == 100'000);
  CHECK(sink.lines[99'999] == ":99999");
}
