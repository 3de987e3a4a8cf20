#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "positions.hpp"
#include "support/temp_folder.hpp"

using namespace sse::tail;
using sse::client::EventSourceOptions;
using sse::client::Request;
using sse::test::TempFolder;

namespace {

std::vector<EventSourceOptions> sources(const std::vector<std::string>& urls) {
  std::vector<EventSourceOptions> all(urls.size());
  for (std::size_t i = 0; i < urls.size(); ++i) all[i].request.url = urls[i];
  return all;
}

}  // namespace

TEST_CASE("a position is found again by the same request") {
  const TempFolder folder;
  const std::string path = folder / "a/b/p.json";
  auto streams = sources({"http://h/1", "http://h/2"});
  {
    auto positions = Positions::open(path, streams);
    REQUIRE(positions);
    positions->taken(0, "e-1");
    positions->taken(1, "\u00e4\"");
    REQUIRE(positions->deadline());
    CHECK(positions->save(1));
    CHECK(!positions->deadline());
  }
  streams = sources({"http://h/2", "http://h/3", "http://h/1"});
  streams[0].last_event_id = "given";
  streams[1].last_event_id = "given";
  REQUIRE(Positions::open(path, streams));
  CHECK(streams[0].last_event_id == "\u00e4\"");
  CHECK(streams[1].last_event_id == "given");
  CHECK(streams[2].last_event_id == "e-1");
}

TEST_CASE("an empty id forgets the position, and saves are not too frequent") {
  const TempFolder folder;
  auto streams = sources({"http://h/1"});
  auto positions = Positions::open(folder / "p", streams);
  REQUIRE(positions);
  positions->taken(0, "1");
  CHECK(positions->save(1000));
  positions->taken(0, "");
  CHECK(positions->save(1001));
  CHECK(positions->deadline() == 1100);  // not yet
  CHECK(positions->save(1001, true));
  CHECK(!positions->deadline());
  positions->taken(0, "");
  CHECK(!positions->deadline());
}

TEST_CASE("files that cannot be used are refused") {
  const TempFolder folder;
  auto streams = sources({"http://h/1"});
  CHECK(Positions::open("/proc/nowhere/p", streams).error().message.find("/proc/nowhere") !=
        std::string::npos);
  CHECK(Positions::open(folder.path(), streams).error().message.find(folder.path()) !=
        std::string::npos);
  for (const char* bad : {"[]", "{}", "no JSON", "{\"streams\":[]}"}) {
    std::ofstream(folder / "bad") << bad;
    CHECK_MESSAGE(!Positions::open(folder / "bad", streams), bad);
  }
  std::ofstream(folder / "empty").flush();
  CHECK(Positions::open(folder / "empty", streams));
  const auto first = PositionFile::open(folder / "one");
  CHECK(PositionFile::open(folder / "one").error().message.find("in use") != std::string::npos);
}

TEST_CASE("the key names the whole request but for credentials") {
  const Request base{.url = "http://h/a?x=1", .body = "b", .headers = {"A: 1", "B: 2"}};
  Request same = base;
  same.headers = {"B: 2", "Authorization: Bearer new", "cookie: x", "A: 1"};
  CHECK(request_key(same) == request_key(base));
  CHECK(request_key(sources({"http://ann:old@h/"})[0].request) ==
        request_key(sources({"http://ann:new@h/"})[0].request));
  const auto differs = [&](auto change) {
    Request other = base;
    change(other);
    return request_key(other) != request_key(base);
  };
  CHECK(differs([](Request& r) { r.url = "http://h/a?x=2"; }));
  CHECK(differs([](Request& r) { r.method = "POST"; }));
  CHECK(differs([](Request& r) { r.body = "c"; }));
  CHECK(differs([](Request& r) { r.body.reset(); }));
  CHECK(differs([](Request& r) { r.headers[0] = "A: 2"; }));
}
