#include "server/replay.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace sse;
using server::Replay;
using server::ReplayRound;

namespace {

std::string message(hub::Seq seq, hub::Seq prev, std::uint64_t nth, const std::string& more = "") {
  const std::string number = std::to_string(seq);
  const std::string id =
      more.find("\"id\"") == std::string::npos ? "\"id\":\"e-" + number + "\"," : "";
  return "{\"seq\":" + number + ",\"epoch\":\"e\",\"prev\":" + std::to_string(prev) +
         ",\"nth\":" + std::to_string(nth) + ",\"time\":" + std::to_string(seq * 1000) + "," + id +
         more + "\"data\":\"" + number + "\"}";
}

redis::ReadAnswer page(std::vector<std::string> messages, hub::Seq last, std::uint64_t nth,
                       bool more = false) {
  redis::ReadAnswer answer;
  answer.epoch = "e";
  answer.last = last;
  answer.nth = nth;
  answer.more = more;
  answer.messages = std::move(messages);
  return answer;
}

ReplayRound round(std::vector<redis::ReadAnswer> pages) {
  ReplayRound out;
  for (redis::ReadAnswer& page : pages) out.emplace_back(std::move(page));
  return out;
}

Replay::Goal after(hub::Seq seq) {
  Replay::Goal goal;
  goal.epoch = "e";
  goal.after = seq;
  goal.requested = "e-" + std::to_string(seq);
  return goal;
}

std::string block(hub::Seq seq) {
  const std::string number = std::to_string(seq);
  return "id: e-" + number + "\ndata: " + number + "\n\n";
}

}  // namespace

TEST_CASE("pages of one channel follow each other") {
  Replay replay(after(4), 1);
  std::string out;
  REQUIRE(replay.take(round({page({message(5, 4, 5), message(7, 5, 6)}, 9, 7, true)}), out));
  CHECK(replay.position() == 7);
  REQUIRE(replay.take(round({page({message(9, 7, 7)}, 9, 7)}), out));
  CHECK(replay.position() == 9);
  CHECK(out == block(5) + block(7) + block(9));
  CHECK(!replay.gap());
}

TEST_CASE("channels are merged by number, as far as all of them are known") {
  Replay replay(after(0), 2);
  std::string out;
  REQUIRE(replay.take(round({page({message(1, 0, 1), message(3, 1, 2)}, 8, 4, true),
                             page({message(2, 0, 1), message(5, 2, 2)}, 5, 2)}),
                      out));
  CHECK(out == block(1) + block(2) + block(3));
  CHECK(replay.position() == 3);
  REQUIRE(replay.take(
      round({page({message(4, 3, 3), message(8, 4, 4)}, 8, 4), page({message(5, 2, 2)}, 5, 2)}),
      out));
  CHECK(out == block(1) + block(2) + block(3) + block(4) + block(5) + block(8));
  CHECK(replay.position() == 8);
  CHECK(!replay.gap());
}

TEST_CASE("what was trimmed before the first event is a gap that carries a position") {
  Replay replay(after(4), 1);
  std::string out;
  REQUIRE(replay.take(round({page({message(20, 18, 9)}, 20, 9)}), out));
  CHECK(out.starts_with("id: e-18\nevent: gap\ndata: "));
  CHECK(out.ends_with(block(20)));
  REQUIRE(replay.gap());
  CHECK(replay.gap()->requested == "e-4");
  CHECK(replay.gap()->oldest == "e-20");
  CHECK(!replay.gap()->missed);
}

TEST_CASE("what is trimmed while it is read is a gap with a count") {
  Replay replay(after(4), 1);
  std::string out;
  REQUIRE(replay.take(round({page({message(5, 4, 5)}, 30, 20, true)}), out));
  REQUIRE(replay.take(round({page({message(30, 28, 20)}, 30, 20)}), out));
  REQUIRE(replay.gap());
  CHECK(replay.gap()->requested == "e-5");
  CHECK(replay.gap()->missed == 14);  // the 6th to the 19th
  CHECK(replay.position() == 30);
}

TEST_CASE("when nothing is held any more the gap is all there is") {
  Replay replay(after(4), 1);
  std::string out;
  REQUIRE(replay.take(round({page({}, 12, 6)}), out));
  CHECK(out.starts_with("id: e-12\nevent: gap\n"));
  CHECK(replay.position() == 12);
}

TEST_CASE("all that is held is no gap, whatever was trimmed") {
  Replay::Goal goal;
  goal.epoch = "e";
  Replay replay(goal, 1);
  std::string out;
  REQUIRE(replay.take(round({page({message(20, 18, 9)}, 20, 9)}), out));
  CHECK(out == block(20));
}

TEST_CASE("events before the time asked for are left out") {
  Replay::Goal goal;
  goal.epoch = "e";
  goal.since_ms = 6'000;
  goal.requested = "5m";
  Replay replay(goal, 1);
  std::string out;
  REQUIRE(replay.take(round({page({message(5, 4, 5), message(6, 5, 6)}, 6, 6)}), out));
  CHECK(out == block(6));
  CHECK(!replay.gap());
}

TEST_CASE("a publisher's own id is looked for first") {
  Replay::Goal goal;
  goal.epoch = "e";
  goal.id = goal.requested = "mine";
  Replay replay(goal, 1);
  std::string out;
  REQUIRE(replay.take(round({page({message(1, 0, 1)}, 3, 3, true)}), out));
  CHECK(!replay.has_begun());
  REQUIRE(replay.take(round({page({message(2, 1, 2, "\"id\":\"mine\","), message(3, 2, 3)}, 3, 3)}),
                      out));
  CHECK(replay.has_begun());
  CHECK(replay.position() == 2);
  CHECK(out.empty());
  REQUIRE(replay.take(round({page({message(3, 2, 3)}, 3, 3)}), out));
  CHECK(out == block(3));
}

TEST_CASE("an id that is not found is a gap before all that is held") {
  Replay::Goal goal;
  goal.epoch = "e";
  goal.id = goal.requested = "mine";
  Replay replay(goal, 1);
  std::string out;
  REQUIRE(replay.take(round({page({message(3, 2, 3)}, 3, 3)}), out));
  CHECK(replay.position() == 0);
  REQUIRE(replay.gap());
  CHECK(replay.gap()->reason == hub::GapReason::unknown);
  REQUIRE(replay.take(round({page({message(3, 2, 3)}, 3, 3)}), out));
  CHECK(out == block(3));
}

TEST_CASE("a history that began again, and a page that failed, end it") {
  Replay replay(after(4), 1);
  std::string out;
  redis::ReadAnswer other = page({}, 1, 1);
  other.epoch = "f";
  CHECK(!replay.take(round({other}), out));
  ReplayRound failed;
  failed.emplace_back(fail("Redis is away"));
  CHECK(!replay.take(std::move(failed), out));
}

TEST_CASE("the last events of several channels begin at one number") {
  Replay::Goal goal;
  goal.epoch = "e";
  goal.last = 3;
  Replay replay(goal, 2);
  CHECK(replay.numbers_wanted() == 3);
  std::string out;
  REQUIRE(replay.take(round({page({"9", "7", "2"}, 9, 5), page({"8", "1"}, 8, 2)}), out));
  CHECK(replay.has_begun());
  CHECK(replay.position() == 6);
  CHECK(out.empty());
  Replay few(goal, 1);
  REQUIRE(few.take(round({page({"9", "7"}, 9, 2)}), out));
  CHECK(few.position() == 0);
}
