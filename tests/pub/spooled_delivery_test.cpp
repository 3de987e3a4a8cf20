#include "sse-pub/spooled_delivery.hpp"

#include <doctest/doctest.h>

#include "pub/scripted_target.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using sse::pub::BatchResult;
using sse::pub::DeliveryOptions;
using sse::pub::OutgoingEvent;
using sse::pub::scripted_result;
using sse::pub::ScriptedTarget;
using sse::pub::Spool;
using sse::pub::SpooledDelivery;
using sse::pub::SpoolSending;
using Outcome = BatchResult::Outcome;

namespace {

/// Runs over one spool, each with a script of what the target answers.
class Runs {
 public:
  SpooledDelivery begin(DeliveryOptions options = {}, SpoolSending sending = {}) {
    options.notice = [this](const std::string& text) { notices.push_back(text); };
    return {Spool::open({folder_.path(), 1u << 20, -1, {}}).value(), target, options, sending};
  }

  ScriptedTarget target;
  std::vector<std::string> notices;

 private:
  sse::test::TempFolder folder_;
};

bool send(SpooledDelivery& delivery, const std::string& letters, std::uint64_t number) {
  std::vector<OutgoingEvent> events;
  for (const char letter : letters) {
    events.emplace_back().channel = "news";
    events.back().data = letter;
  }
  return delivery.send({events, "key", number});
}

const BatchResult kAway = scripted_result(Outcome::unreachable, 0);

}  // namespace

TEST_CASE("while the server is there, events go at once and nothing stays") {
  Runs runs;
  auto run = runs.begin();
  REQUIRE(run.start());
  CHECK(runs.target.tries.empty());
  REQUIRE(send(run, "abc", 1));
  CHECK(run.idle_ms() == -1);
  run.finish();
  CHECK(runs.target.accepted == "abc");
  CHECK(run.tally().accepted == 3);
  CHECK(run.tally().spooled == 0);
}

TEST_CASE("what one run could not send the next one sends first, under the same numbers") {
  Runs runs;
  runs.target.script.assign(100, kAway);
  {
    auto run = runs.begin();
    REQUIRE(run.start());
    REQUIRE(send(run, "abc", 1));
    REQUIRE(send(run, "de", 4));
    CHECK(run.idle_ms() >= 0);
    run.finish();
    CHECK(run.tally().outcome == Outcome::accepted);
    CHECK(run.tally().spooled == 5);
    CHECK(run.tally().reason == "because");
  }
  runs.target.script.clear();
  runs.target.numbers.clear();
  auto run = runs.begin();
  REQUIRE(run.start());
  REQUIRE(send(run, "f", 6));
  run.finish();
  CHECK(runs.target.accepted == "abcdef");
  CHECK(runs.target.numbers == std::vector<std::uint64_t>{1, 6});
  CHECK(run.tally().accepted == 6);
}

TEST_CASE("a lost answer leaves in the spool what had none") {
  Runs runs;
  runs.target.script = {scripted_result(Outcome::lost, 2, 0, 3)};
  {
    auto run = runs.begin();
    REQUIRE(send(run, "abcde", 1));
    run.finish();
    CHECK(run.tally().accepted == 2);
    CHECK(run.tally().spooled == 3);
  }
  auto run = runs.begin();
  REQUIRE(run.start());
  CHECK(runs.target.accepted == "abcde");
  CHECK(runs.target.numbers == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("a refusal ends the tries of the run, not the spooling") {
  Runs runs;
  runs.target.script = {scripted_result(Outcome::refused, 1, 1)};
  {
    auto run = runs.begin();
    REQUIRE(send(run, "abc", 1));
    REQUIRE(send(run, "d", 4));
    CHECK(run.idle_ms() == -1);
    run.finish();
    CHECK(runs.target.tries.size() == 1);
    CHECK(run.tally().outcome == Outcome::refused);
    CHECK(run.tally().spooled == 3);
  }
  auto run = runs.begin();
  REQUIRE(run.start());
  CHECK(runs.target.accepted == "abcd");
}

TEST_CASE("at the end it is tried again for the retry time") {
  Runs runs;
  runs.target.script = {kAway, kAway, scripted_result(Outcome::not_now, 0)};
  DeliveryOptions options;
  options.retry_time = 1h;
  auto run = runs.begin(options);
  REQUIRE(send(run, "ab", 1));
  run.finish();
  CHECK(runs.target.accepted == "ab");
  CHECK(run.tally().spooled == 0);
  REQUIRE(runs.notices.size() == 1);
  CHECK(runs.notices[0].find("target: because; events are kept in the spool") == 0);
}

TEST_CASE("whoever wanted an empty spool is told that it is not") {
  Runs runs;
  {
    runs.target.script = {kAway};
    auto run = runs.begin();
    REQUIRE(send(run, "ab", 1));
  }
  runs.target.script = {kAway};
  auto run = runs.begin({}, {.must_empty = true});
  REQUIRE(run.start());
  run.finish();
  CHECK(run.tally().outcome == Outcome::unreachable);
  CHECK(run.tally().spooled == 2);
}

TEST_CASE("a full spool is a failure of the run, told once") {
  Runs runs;
  runs.target.script.assign(100, kAway);
  auto run = runs.begin();
  std::uint64_t number = 1;
  while (send(run, std::string(1000, 'x'), number)) number += 1000;
  run.finish();
  CHECK(run.tally().spool_error.find("is full") != std::string::npos);
  CHECK(run.tally().not_sent == 1000);
  CHECK(run.tally().spooled == number - 1);
}
