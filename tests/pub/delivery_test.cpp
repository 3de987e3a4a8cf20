#include "sse-pub/delivery.hpp"

#include <unistd.h>

#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "pub/scripted_target.hpp"

using namespace std::chrono_literals;
using sse::pub::Batch;
using sse::pub::BatchResult;
using sse::pub::Delivery;
using sse::pub::DeliveryOptions;
using sse::pub::OutgoingEvent;
using sse::pub::scripted_result;
using sse::pub::ScriptedTarget;
using Outcome = BatchResult::Outcome;

namespace {

const std::vector<OutgoingEvent> kFive(5);

Batch five() { return {kFive, "key", 11}; }

}  // namespace

TEST_CASE("without a retry time the first failure is final and every event is accounted for") {
  ScriptedTarget target;
  target.script = {scripted_result(Outcome::accepted, 5), scripted_result(Outcome::lost, 2, 0, 1)};
  Delivery delivery(target, {});
  CHECK(delivery.send(five()));
  CHECK_FALSE(delivery.send(five()));
  delivery.add_not_sent(4);
  const auto& tally = delivery.tally();
  CHECK(tally.outcome == Outcome::lost);
  CHECK(tally.reason == "because");
  CHECK(tally.accepted == 7);
  CHECK(tally.unknown == 1);
  CHECK(tally.not_sent == 6);
  CHECK(tally.total() == 14);
}

TEST_CASE("with a retry time what has no answer is sent again, in order") {
  ScriptedTarget target;
  target.script = {scripted_result(Outcome::unreachable, 0),
                   scripted_result(Outcome::lost, 2, 0, 3), scripted_result(Outcome::not_now, 1)};
  std::vector<std::string> notices;
  DeliveryOptions options;
  options.retry_time = 1h;
  options.notice = [&](const std::string& text) { notices.push_back(text); };
  Delivery delivery(target, options);
  CHECK(delivery.send(five()));
  CHECK(target.tries == std::vector<std::size_t>{5, 5, 3, 2});
  CHECK(target.numbers == std::vector<std::uint64_t>{11, 11, 13, 14});
  CHECK(delivery.tally().outcome == Outcome::accepted);
  CHECK(delivery.tally().accepted == 5);
  CHECK(delivery.tally().unknown == 0);
  REQUIRE(notices.size() >= 1);
  CHECK(notices[0] == "target: because; trying again for 1h");
}

TEST_CASE("a refusal is final whatever the retry time") {
  ScriptedTarget target;
  target.script = {scripted_result(Outcome::refused, 3, 1)};
  DeliveryOptions options;
  options.retry_time = 1h;
  Delivery delivery(target, options);
  CHECK_FALSE(delivery.send(five()));
  CHECK(delivery.tally().outcome == Outcome::refused);
  CHECK(delivery.tally().accepted == 3);
  CHECK(delivery.tally().refused == 1);
  CHECK(delivery.tally().not_sent == 1);
}

TEST_CASE("the retry time ends") {
  ScriptedTarget target;
  target.script.assign(1000, scripted_result(Outcome::unreachable, 0));
  DeliveryOptions options;
  options.retry_time = 120ms;
  Delivery delivery(target, options);
  CHECK_FALSE(delivery.start());
  CHECK(delivery.tally().outcome == Outcome::unreachable);
  CHECK(target.script.size() < 999);  // it did try again
  CHECK_FALSE(delivery.send(five()));
  CHECK(delivery.tally().not_sent == 5);
}

TEST_CASE("an interrupt ends the pause between two tries") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  REQUIRE(::write(pipe[1], "x", 1) == 1);
  ScriptedTarget target;
  target.script.assign(10, scripted_result(Outcome::unreachable, 0));
  DeliveryOptions options;
  options.retry_time = 1h;
  options.interrupt_fd = pipe[0];
  Delivery delivery(target, options);
  CHECK_FALSE(delivery.send(five()));
  CHECK(delivery.tally().outcome == Outcome::interrupted);
  CHECK(delivery.tally().not_sent == 5);
  CHECK(target.tries.size() == 1);
  ::close(pipe[0]);
  ::close(pipe[1]);
}
