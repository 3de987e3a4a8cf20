#pragma once

#include <cstdio>
#include <string>

#include "sse-pub/tally.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// One go at sending a batch: counts what the target answered for and writes its answers down.
class Sender {
 public:
  /// `target` must outlive the sender, and so must `answers`, which takes the answers, one line
  /// each; null: nowhere.
  Sender(Target& target, std::FILE* answers) : target_(target), answers_(answers) {}

  BatchResult send(const Batch& batch, Tally& tally);
  Target& target() noexcept { return target_; }

 private:
  Target& target_;
  std::FILE* answers_;
};

}  // namespace sse::pub
