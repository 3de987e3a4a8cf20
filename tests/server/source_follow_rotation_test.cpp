// Following a name while files take turns to have it: nothing lost, nothing doubled.
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "net/file_tail.hpp"
#include "source_support.hpp"
#include "support/temp_folder.hpp"

using sse::net::FileTail;
using sse::net::TailStep;
using sse::test::append;
using sse::test::Lines;
using sse::test::overwrite;
using sse::test::SourceTest;
using sse::test::TempFolder;

namespace {

// A FileTail stepped by hand, with a clock of its own.
struct TailTest {
  static constexpr std::size_t kWaitingMax = 64;

  explicit TailTest(std::uint64_t settle_ms = 0) : tail(path, settle_ms, kWaitingMax) {}

  TailStep look() { return tail.step({}, now_ms); }
  // All there is to read now; '|' where a file begins.
  std::string read() {
    std::string out;
    for (bool more = true; more;) {
      const TailStep step = tail.step(buffer, now_ms);
      more = step.more;
      warning += step.warning;
      if (step.cut) out += '|';
      out.append(buffer.data(), step.bytes);
    }
    return out;
  }
  void rotate(const std::string& to) { std::filesystem::rename(path, dir / to); }

  TempFolder dir;
  std::string path = dir / "log";
  FileTail tail;
  std::array<char, 7> buffer{};
  std::uint64_t now_ms = 1'000;
  std::string warning;
};

struct SettleTest : TailTest {
  SettleTest() : TailTest(100) {}
};

}  // namespace

TEST_CASE_FIXTURE(TailTest, "a renamed file is read to its end, then the new one from its start") {
  overwrite(path, "old\n");
  REQUIRE(tail.start(false).has_value());
  append(path, "one\n");
  rotate("log.1");
  append(path, "two\n");
  append(dir / "log.1", "late, not over the buffer's size only\npart");
  CHECK(read() == "one\nlate, not over the buffer's size only\npart|two\n");
}

TEST_CASE_FIXTURE(TailTest, "the old file is read on while the new one is empty") {
  overwrite(path, "");
  REQUIRE(tail.start(false).has_value());
  rotate("log.1");
  append(path, "");
  CHECK(read().empty());
  append(dir / "log.1", "not reopened yet\n");
  CHECK(read() == "not reopened yet\n");
  append(path, "new\n");
  CHECK(read() == "|new\n");
}

TEST_CASE_FIXTURE(SettleTest, "and a while longer, for writers that reopen later than others") {
  overwrite(path, "");
  REQUIRE(tail.start(false).has_value());
  rotate("log.1");
  append(path, "new\n");
  CHECK(read().empty());
  append(dir / "log.1", "late\n");
  now_ms += 99;
  CHECK(read() == "late\n");
  now_ms += 1;
  CHECK(read() == "|new\n");
}

TEST_CASE_FIXTURE(TailTest, "rotations seen while nothing was read are caught up with in order") {
  overwrite(path, "0\n");
  REQUIRE(tail.start(true).has_value());
  for (int i = 1; i <= 10; ++i) {
    rotate("log." + std::to_string(i));
    overwrite(path, i == 5 ? "" : std::to_string(i) + "\n");
    look();
  }
  CHECK(read() == "0\n|1\n|2\n|3\n|4\n||6\n|7\n|8\n|9\n|10\n");
}

TEST_CASE_FIXTURE(TailTest, "too many rotations while nothing was read are told") {
  overwrite(path, "0\n");
  REQUIRE(tail.start(true).has_value());
  for (std::size_t i = 1; i <= kWaitingMax; ++i) {
    std::filesystem::remove(path);
    overwrite(path, "x\n");
    CHECK(look().warning.empty());
  }
  std::filesystem::remove(path);
  overwrite(path, "x\n");
  CHECK(look().warning.find("rotated too often") == 0);
  CHECK(look().warning.empty());
}

TEST_CASE_FIXTURE(TailTest, "a deleted file is read on until another takes its name") {
  overwrite(path, "");
  REQUIRE(tail.start(false).has_value());
  std::ofstream writer(path, std::ios::app);
  std::filesystem::remove(path);
  writer << "unseen\n" << std::flush;
  CHECK(read() == "unseen\n");
  overwrite(path, "again\n");
  CHECK(read() == "|again\n");
}

TEST_CASE_FIXTURE(TailTest, "a name that comes back to the same file doubles nothing") {
  overwrite(path, "1\n");
  REQUIRE(tail.start(true).has_value());
  CHECK(read() == "1\n");
  rotate("away");
  CHECK(read().empty());
  std::filesystem::rename(dir / "away", path);
  append(path, "2\n");
  CHECK(read() == "2\n");
}

TEST_CASE_FIXTURE(TailTest, "a file copied, truncated and already longer again starts over") {
  overwrite(path, "first line\nsecond\n");
  REQUIRE(tail.start(true).has_value());
  CHECK(read() == "first line\nsecond\n");
  overwrite(path, "third line, and it is longer than before\n");
  CHECK(read() == "|third line, and it is longer than before\n");
  CHECK(warning == "truncated: reading it from its start");
}

TEST_CASE_FIXTURE(TailTest, "so it does when it was taken at its end") {
  overwrite(path, "first line\nsecond\n");
  REQUIRE(tail.start(false).has_value());
  CHECK(read().empty());
  overwrite(path, "third line, and it is longer than before\n");
  CHECK(read() == "|third line, and it is longer than before\n");
}

TEST_CASE_FIXTURE(TailTest, "a change of old text in place doubles nothing") {
  const std::string old = "first line\n" + std::string(100, '.') + "\nsecond\n";
  overwrite(path, old);
  REQUIRE(tail.start(true).has_value());
  CHECK(read() == old);
  std::fstream(path) << "FIRST";
  append(path, "third\n");
  CHECK(read() == "third\n");
}

namespace {

constexpr int kFiles = 100;
constexpr int kLinesPerFile = 50;

// A writer in a thread of its own that numbers its lines, and what arrived of them.
struct WriterTest : SourceTest {
  WriterTest() {
    overwrite(path, "");
    sse::server::FollowOptions options;
    options.path = path;
    options.interval_ms = 5;
    source = sse::server::make_follow_source(loop.uv(), sink, options);
    REQUIRE(source->start().has_value());
    sink.on_line = [this] { arrived.store(sink.lines.size()); };
  }

  // Writes the lines of one file, each in two pieces; waits until `wait_for` of all lines arrived.
  void write_file(int number, std::size_t wait_for) {
    std::ofstream out(path, std::ios::app);
    for (int i = 0; i < kLinesPerFile; ++i) {
      const std::string line = std::to_string(number * kLinesPerFile + i) + "\n";
      out << line.substr(0, 1) << std::flush << line.substr(1) << std::flush;
    }
    while (arrived.load() < wait_for && !given_up.load()) ::usleep(200);
  }

  void run(const std::function<void()>& write) {
    std::thread writer(write);
    CHECK(run_until_lines(kFiles * kLinesPerFile));
    given_up.store(true);
    writer.join();
    run_for(30);
    REQUIRE(sink.lines.size() == kFiles * kLinesPerFile);
    for (std::size_t i = 0; i < sink.lines.size(); ++i)
      REQUIRE(sink.lines[i] == ":" + std::to_string(i));
  }

  TempFolder dir;
  std::string path = dir / "log";
  std::atomic<std::size_t> arrived{0};
  std::atomic<bool> given_up{false};
};

}  // namespace

// A file is rotated away once its first line arrived, so that it was seen under its name; most of
// its lines are read only afterwards.
TEST_CASE_FIXTURE(WriterTest, "a hundred rotations lose and double no line") {
  run([this] {
    for (int number = 0; number < kFiles; ++number) {
      write_file(number, static_cast<std::size_t>(number) * kLinesPerFile + 1);
      if (number + 1 == kFiles) break;
      std::filesystem::rename(path, dir / ("log." + std::to_string(number % 3)));
    }
  });
  CHECK(sink.warnings.empty());
}

TEST_CASE_FIXTURE(WriterTest, "a hundred deletions lose and double no line") {
  run([this] {
    for (int number = 0; number < kFiles; ++number) {
      write_file(number, static_cast<std::size_t>(number) * kLinesPerFile + 1);
      if (number + 1 < kFiles) std::filesystem::remove(path);
    }
  });
}

// With copytruncate only what was read before is safe.
TEST_CASE_FIXTURE(WriterTest, "a hundred truncations of a file that was read lose no line") {
  run([this] {
    for (int number = 0; number < kFiles; ++number) {
      write_file(number, (static_cast<std::size_t>(number) + 1) * kLinesPerFile);
      if (number + 1 == kFiles) break;
      std::filesystem::copy_file(path, dir / "copy",
                                 std::filesystem::copy_options::overwrite_existing);
      std::filesystem::resize_file(path, 0);
    }
  });
}

TEST_CASE_FIXTURE(WriterTest, "a hundred new directories lose and double no line") {
  std::filesystem::create_directory(dir / "logs");
  path = dir / "logs/log";
  sse::server::FollowOptions options;
  options.path = path;
  options.interval_ms = 5;
  CHECK(stop());
  source = sse::server::make_follow_source(loop.uv(), sink, options);
  REQUIRE(source->start().has_value());
  run([this] {
    for (int number = 0; number < kFiles; ++number) {
      write_file(number, static_cast<std::size_t>(number) * kLinesPerFile + 1);
      if (number + 1 == kFiles) break;
      const std::string old = dir / ("old." + std::to_string(number));
      std::filesystem::rename(dir / "logs", old);
      std::filesystem::create_directory(dir / "logs");
    }
  });
}
