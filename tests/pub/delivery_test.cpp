#include "sse-pub/delivery.hpp"

#include <unistd.h>

#include <array>
#include <deque>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using sse::pub::Batch;
using sse::pub::BatchResult;
using sse::pub::Delivery;
using sse::pub::DeliveryOptions;
using sse::pub::OutgoingEvent;
using Outcome = BatchResult::Outcome;

namespace {

BatchResult result(Outcome outcome, std::size_t accepted, std::size_t refused = 0,
                   std::size_t unknown = 0) {
  BatchResult out;
  out.outcome = outcome;
  out.accepted = accepted;
  out.refused = refused;
  out.unknown = unknown;
  out.reason = "because";
  return out;
}

// Answers as scripted, then accepts everything; remembers how many events each try had.
class ScriptedTarget final : public sse::pub::Target {
 public:
  std::deque<BatchResult> script;
  std::vector<std::size_t> tries;
  std::vector<std::uint64_t> numbers;  // of the first event of each try

  BatchResult connect() override { return next(0); }
  BatchResult send(const Batch& batch) override {
    tries.push_back(batch.size());
    numbers.push_back(batch.number);
    return next(batch.size());
  }
  std::string name() const override { return "target"; }

 private:
  BatchResult next(std::size_t size) {
    if (script.empty()) return result(Outcome::accepted, size);
    BatchResult out = script.front();
    script.pop_front();
    return out;
  }
};

const std::vector<OutgoingEvent> kFive(5);

Batch five() { return {kFive, "key", 11}; }

}  // namespace

TEST_CASE("without a retry time the first failure is final and every event is accounted for") {
  ScriptedTarget target;
  target.script = {result(Outcome::accepted, 5), result(Outcome::lost, 2, 0, 1)};
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
  target.script = {result(Outcome::unreachable, 0), result(Outcome::lost, 2, 0, 3),
                   result(Outcome::not_now, 1)};
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
  target.script = {result(Outcome::refused, 3, 1)};
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
  target.script.assign(1000, result(Outcome::unreachable, 0));
  DeliveryOptions options;
  options.retry_time = 120ms;
  Delivery delivery(target, options);
  CHECK_FALSE(delivery.connect());
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
  target.script.assign(10, result(Outcome::unreachable, 0));
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
