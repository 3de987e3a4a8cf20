#include "sse-pub/spool.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "sse-pub/spool_record.hpp"
#include "support/temp_folder.hpp"

using sse::pub::Batch;
using sse::pub::OutgoingEvent;
using sse::pub::Spool;
using sse::pub::SpooledRun;

namespace {

/// A folder for one spool, with a look into its file.
class Folder {
 public:
  std::string spool() const { return folder_ / "spool"; }
  std::string file() const { return spool() + "/events"; }
  std::string content() const {
    std::ostringstream out;
    out << std::ifstream(file(), std::ios::binary).rdbuf();
    return out.str();
  }
  void replace(const std::string& content) const {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << content;
  }
  sse::Result<Spool> open(std::size_t bytes_max = 1u << 20) {
    return Spool::open({spool(), bytes_max, -1, [this](const std::string& t) { notice = t; }});
  }
  std::string notice;

 private:
  sse::test::TempFolder folder_;
};

std::vector<OutgoingEvent> events(std::initializer_list<const char*> datas) {
  std::vector<OutgoingEvent> out;
  for (const char* data : datas) {
    out.emplace_back().channel = "news";
    out.back().data = data;
  }
  return out;
}

void append(Spool& spool, std::initializer_list<const char*> datas, std::uint64_t number,
            const char* key = "k") {
  const auto made = events(datas);
  REQUIRE(spool.append({made, key, number}));
}

std::string datas(const SpooledRun& run) {
  std::string out;
  for (const OutgoingEvent& event : run.events) out += event.data + ";";
  return out;
}

// Everything in the spool, taken out of it.
std::string drain(Spool& spool, std::size_t events_max = 100) {
  std::string out;
  while (spool.unsent() > 0) {
    const auto run = spool.read(events_max, 1u << 20);
    REQUIRE(run);
    out += run->key + std::to_string(run->number) + ":" + datas(*run) + " ";
    REQUIRE(spool.forget(*run, run->events.size()));
  }
  return out;
}

}  // namespace

TEST_CASE("what was put in comes out in order, as it was, also for the next process") {
  Folder folder;
  {
    auto spool = folder.open().value();
    auto made = events({"a\nb", "é\"\\"});
    made[0].event = "";
    made[0].id = "7";
    made[1].retry_ms = 5;
    made[1].channel = "@alice";
    REQUIRE(spool.append({made, "k", 41}));
  }
  auto spool = folder.open().value();
  CHECK(spool.unsent() == 2);
  const auto run = spool.read(100, 1u << 20).value();
  CHECK(run.key == "k");
  CHECK(run.number == 41);
  REQUIRE(run.events.size() == 2);
  CHECK(run.events[0].event == "");
  CHECK(run.events[0].id == "7");
  CHECK(run.events[0].data == "a\nb");
  CHECK_FALSE(run.events[0].retry_ms);
  CHECK_FALSE(run.events[1].event);
  CHECK_FALSE(run.events[1].id);
  CHECK(run.events[1].retry_ms == 5);
  CHECK(run.events[1].channel == "@alice");
  CHECK(run.events[1].data == "é\"\\");
  struct stat info {};
  REQUIRE(::stat(folder.file().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a run ends where another producer begins or a number is left out") {
  Folder folder;
  auto spool = folder.open().value();
  append(spool, {"a", "b"}, 1);
  append(spool, {"c"}, 3);
  append(spool, {"d"}, 5);
  append(spool, {"e"}, 6, "j");
  CHECK(drain(spool) == "k1:a;b;c; k5:d; j6:e; ");
}

TEST_CASE("a run has as many events as wanted, and at least one") {
  Folder folder;
  auto spool = folder.open().value();
  append(spool, {"a", "b", "c"}, 1);
  CHECK(datas(spool.read(2, 1u << 20).value()) == "a;b;");
  CHECK(datas(spool.read(2, 1).value()) == "a;");
}

TEST_CASE("what is forgotten stays so; once that is all, the file is empty") {
  Folder folder;
  {
    auto spool = folder.open().value();
    append(spool, {"a", "b", "c", "d"}, 1);
    REQUIRE(spool.forget(spool.read(2, 1u << 20).value(), 2));
    REQUIRE(spool.forget(spool.read(2, 1u << 20).value(), 1));
    append(spool, {"e"}, 5);
  }
  auto spool = folder.open().value();
  CHECK(spool.unsent() == 2);
  CHECK(drain(spool, 1) == "k4:d; k5:e; ");
  CHECK(folder.content().empty());
  append(spool, {"f"}, 6);
  CHECK(drain(spool) == "k6:f; ");
}

TEST_CASE("a record larger than any buffer goes through") {
  Folder folder;
  auto spool = folder.open(16u << 20).value();
  const std::string large(3u << 20, 'x');
  append(spool, {large.c_str(), "b"}, 1);
  CHECK(drain(spool) == "k1:" + large + "; k2:b; ");
}

TEST_CASE("a write cut short at any byte is cut off; what was whole before is there") {
  Folder folder;
  {
    auto spool = folder.open().value();
    append(spool, {"a", "b"}, 1);
  }
  const std::string whole = folder.content();
  const std::size_t first = whole.find('\n') + 1;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    folder.replace(whole.substr(0, size));
    auto spool = folder.open();
    REQUIRE(spool);
    CHECK(spool->unsent() == (size < first ? 0 : 1));
    CHECK(folder.content().size() == (size < first ? 0 : first));
    append(*spool, {"c"}, 9);
    CHECK(drain(*spool) == (size < first ? "k9:c; " : "k1:a; k9:c; "));
  }
  CHECK(folder.notice.find("events: cut off") != std::string::npos);
}

TEST_CASE("blocks that never reached the disk are a torn end, too") {
  Folder folder;
  {
    auto spool = folder.open().value();
    append(spool, {"a"}, 1);
  }
  const std::string whole = folder.content();
  folder.replace(whole + std::string(4096, '\0'));
  CHECK(folder.open().value().unsent() == 1);
  folder.replace(whole + std::string(40, '\0') + "\n");
  CHECK(folder.open().value().unsent() == 1);
  CHECK(folder.content() == whole);
}

TEST_CASE("damage in the middle is an error that says where, and nothing is changed") {
  Folder folder;
  {
    auto spool = folder.open().value();
    append(spool, {"a", "b", "c"}, 1);
    REQUIRE(spool.forget(spool.read(1, 1).value(), 1));
  }
  const std::string whole = folder.content();
  const std::size_t second = whole.find('\n') + 1;
  const std::size_t third = whole.find('\n', second) + 1;
  for (std::size_t at = second; at < third - 1; ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    folder.replace(damaged);
    const auto spool = folder.open();
    REQUIRE_FALSE(spool);
    CHECK(spool.error().message.find(folder.file() + ": damaged at byte") == 0);
    CHECK(folder.content() == damaged);
  }
}

TEST_CASE("the oldest event can be taken out by hand, and only that is left out") {
  Folder folder;
  {
    auto spool = folder.open().value();
    append(spool, {"a", "b", "c"}, 1);
    REQUIRE(spool.forget(spool.read(1, 1).value(), 1));
  }
  const std::string whole = folder.content();
  const std::size_t second = whole.find('\n') + 1;
  const std::size_t third = whole.find('\n', second) + 1;
  folder.replace(whole.substr(0, second) + whole.substr(third));
  {
    auto spool = folder.open().value();
    CHECK(spool.unsent() == 1);
    CHECK(drain(spool) == "k3:c; ");
  }
  std::string astray = whole;
  sse::pub::append_mark_record(astray, {second + 5});
  folder.replace(astray);
  CHECK(folder.open().error().message.find("damaged at byte " + std::to_string(second + 5)) !=
        std::string::npos);
}

TEST_CASE("a full spool takes nothing of what does not fit") {
  Folder folder;
  auto spool = folder.open(300).value();
  append(spool, {"a", "b"}, 1);
  const std::string before = folder.content();
  const auto more = events({"c", "d", "e"});
  const auto put = spool.append({more, "k", 3});
  REQUIRE_FALSE(put);
  CHECK(put.error().message.find("is full: 300 (--spool-bytes-max)") != std::string::npos);
  CHECK(folder.content() == before);
  CHECK(drain(spool) == "k1:a;b; ");
  CHECK(spool.append({more, "k", 3}));
}

TEST_CASE("a folder that cannot be is an error that names it") {
  CHECK(Spool::open({"/nonexistent/a/b", 1, -1, {}}).error().message.find("/nonexistent/a/b") == 0);
}

TEST_CASE("records are checked byte for byte") {
  const auto made = events({"data"});
  std::string line;
  sse::pub::append_event_record(line, {made, "key", 3}, 0);
  REQUIRE(line.back() == '\n');
  line.pop_back();
  CHECK(line.substr(9) == R"({"producer":"key","number":3,"channel":"news","data":"data"})");
  CHECK(sse::pub::checked_payload(line) == line.substr(9));
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string damaged = line;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CHECK_FALSE(sse::pub::checked_payload(damaged));
    CHECK_FALSE(sse::pub::checked_payload(line.substr(0, at)));
  }
  for (const char* foreign : {"{}", "[]", "", "{\"sent\":\"x\"}", "{\"producer\":5}"})
    CHECK_FALSE(sse::pub::read_payload(foreign));
}
