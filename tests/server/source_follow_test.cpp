// Following one file, and one that is truncated, missing or cannot be read.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "base/fd.hpp"
#include "source_support.hpp"
#include "support/temp_folder.hpp"

using sse::server::FollowOptions;
using sse::test::append;
using sse::test::Lines;
using sse::test::overwrite;
using sse::test::SourceTest;
using sse::test::TempFolder;

namespace {

struct FollowTest : SourceTest {
  sse::Result<void> start(FollowOptions options = {}) {
    options.path = path;
    options.interval_ms = interval_ms;
    source = sse::server::make_follow_source(loop.uv(), sink, std::move(options));
    return source->start();
  }
  bool run_until_warned(const std::string& text) {
    return run_until([&] { return sink.warned(text) > 0; });
  }

  TempFolder dir;
  std::string path = dir / "log";
  std::uint64_t interval_ms = 5;
};

}  // namespace

TEST_CASE_FIXTURE(FollowTest, "new lines are events, old ones are not") {
  overwrite(path, "old\n");
  REQUIRE(start().has_value());
  append(path, "one\ntw");
  CHECK(run_until_lines(1));
  append(path, "o\r\n\n");
  CHECK(run_until_lines(3));
  CHECK(sink.lines == Lines{":one", ":two", ":"});
  CHECK(stop());
  CHECK(sink.warnings.empty());
}

TEST_CASE_FIXTURE(FollowTest, "from the start old lines are events too") {
  overwrite(path, "old\n");
  REQUIRE(start({.path = {}, .from_start = true}).has_value());
  append(path, "new\n");
  CHECK(run_until_lines(2));
  CHECK(sink.lines == Lines{":old", ":new"});
}

TEST_CASE_FIXTURE(FollowTest, "a change is noticed without waiting for the interval") {
  interval_ms = 1'000'000;
  overwrite(path, "");
  REQUIRE(start().has_value());
  run_for(20);  // the first look, which begins the watch
  append(path, "x\n");
  CHECK(run_until_lines(1));
}

TEST_CASE_FIXTURE(FollowTest, "a partial line waits for its end") {
  overwrite(path, "");
  REQUIRE(start().has_value());
  append(path, "half");
  run_for(50);
  CHECK(sink.lines.empty());
  append(path, " and half\n");
  CHECK(run_until_lines(1));
  CHECK(sink.lines == Lines{":half and half"});
}

TEST_CASE_FIXTURE(FollowTest, "a truncated file starts over") {
  overwrite(path, "old\n");
  REQUIRE(start().has_value());
  append(path, "one\npart");
  CHECK(run_until_lines(1));
  run_for(20);
  overwrite(path, "");
  CHECK(run_until_warned("truncated"));
  append(path, "two\n");
  CHECK(run_until_lines(3));
  CHECK(sink.lines == Lines{":one", ":part", ":two"});
}

TEST_CASE_FIXTURE(FollowTest, "a hole left by a writer that kept its position is no text") {
  overwrite(path, "");
  REQUIRE(start().has_value());
  const sse::Fd writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string line(200'000, 'x');
  REQUIRE(::write(writer.get(), (line + "\n").data(), line.size() + 1) > 0);
  CHECK(run_until_lines(1));
  REQUIRE(::truncate(path.c_str(), 0) == 0);
  REQUIRE(::write(writer.get(), "next\n", 5) == 5);
  CHECK(run_until_lines(2));
  CHECK(sink.lines.at(1) == ":next");
  CHECK(sink.warned("truncated") == 1);
}

TEST_CASE_FIXTURE(FollowTest, "a file that does not exist yet is waited for") {
  REQUIRE(start().has_value());
  CHECK(run_until_warned("log: No such file or directory; waiting for it"));
  append(path, "first\n");
  CHECK(run_until_lines(1));
  CHECK(sink.lines == Lines{":first"});
  CHECK(sink.warnings.size() == 1);
}

TEST_CASE_FIXTURE(FollowTest, "so is its directory") {
  path = dir / "later/log";
  REQUIRE(start().has_value());
  CHECK(run_until_warned("waiting for it"));
  std::filesystem::create_directory(dir / "later");
  append(path, "first\n");
  CHECK(run_until_lines(1));
  append(path, "second\n");
  CHECK(run_until_lines(2));
  CHECK(sink.lines == Lines{":first", ":second"});
}

TEST_CASE_FIXTURE(FollowTest, "what is no regular file is refused at the start") {
  path = dir / "";
  const sse::Result<void> started = start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message == "cannot follow " + path + ": not a regular file");
  CHECK(stop());
}

TEST_CASE_FIXTURE(FollowTest, "a fifo that takes the name later does not hang the reader") {
  overwrite(path, "");
  REQUIRE(start().has_value());
  std::filesystem::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(run_until_warned("not a regular file"));
  std::filesystem::remove(path);
  append(path, "back\n");
  CHECK(run_until_lines(1));
  CHECK(sink.lines == Lines{":back"});
}

TEST_CASE_FIXTURE(FollowTest, "a link is followed to whatever it names") {
  overwrite(dir / "a", "");
  overwrite(dir / "b", "b1\n");
  std::filesystem::create_symlink(dir / "a", path);
  REQUIRE(start().has_value());
  append(dir / "a", "a1\n");
  CHECK(run_until_lines(1));
  std::filesystem::create_symlink(dir / "b", dir / "new");
  std::filesystem::rename(dir / "new", path);
  CHECK(run_until_lines(2));
  append(dir / "b", "b2\n");
  CHECK(run_until_lines(3));
  CHECK(sink.lines == Lines{":a1", ":b1", ":b2"});
}

TEST_CASE_FIXTURE(FollowTest, "while paused the file waits") {
  overwrite(path, "");
  REQUIRE(start().has_value());
  source->pause();
  append(path, "1\n2\n");
  run_for(50);
  CHECK(sink.lines.empty());
  source->resume();
  CHECK(run_until_lines(2));
}

TEST_CASE_FIXTURE(FollowTest, "the sink may pause, resume and stop in any call") {
  overwrite(path, "");
  REQUIRE(start().has_value());
  bool done = false;
  sink.on_line = [&] {
    source->pause();
    source->resume();
    if (sink.lines.size() == 2) source->stop([&] { done = true; });
  };
  append(path, "1\n2\n3\n");
  CHECK(run_until([&] { return done; }));
  CHECK(sink.lines == Lines{":1", ":2"});
  source.reset();
}
