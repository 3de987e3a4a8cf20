#include "sse-pub/sender.hpp"

namespace sse::pub {

BatchResult Sender::send(const Batch& batch, Tally& tally) {
  BatchResult result = target_.send(batch);
  tally.accepted += result.accepted;
  tally.refused += result.refused;
  if (answers_ != nullptr && !result.answers.empty()) {
    for (const std::string& line : result.answers) std::fprintf(answers_, "%s\n", line.c_str());
    std::fflush(answers_);
  }
  return result;
}

}  // namespace sse::pub
