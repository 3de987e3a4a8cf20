#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "sse-pub/target.hpp"

namespace sse::pub {

inline BatchResult scripted_result(BatchResult::Outcome outcome, std::size_t accepted,
                                   std::size_t refused = 0, std::size_t unknown = 0) {
  BatchResult out;
  out.outcome = outcome;
  out.accepted = out.accepted_first = accepted;
  out.refused = refused;
  out.unknown = unknown;
  out.reason = "because";
  return out;
}

/// Answers as scripted, then accepts everything; remembers what each try had.
class ScriptedTarget final : public Target {
 public:
  std::deque<BatchResult> script;
  std::vector<std::size_t> tries;
  std::vector<std::uint64_t> numbers;  // of the first event of each try
  std::string accepted;                // data of the events, in order

  BatchResult connect() override { return next(0); }
  BatchResult send(const Batch& batch) override {
    tries.push_back(batch.size());
    numbers.push_back(batch.number);
    const BatchResult result = next(batch.size());
    for (const OutgoingEvent& event : batch.events.first(result.accepted)) accepted += event.data;
    return result;
  }
  std::string name() const override { return "target"; }

 private:
  BatchResult next(std::size_t size) {
    if (script.empty()) return scripted_result(BatchResult::Outcome::accepted, size);
    BatchResult out = script.front();
    script.pop_front();
    return out;
  }
};

}  // namespace sse::pub
