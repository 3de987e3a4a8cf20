#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "sse-pub/target.hpp"

namespace sse::pub {

/// Writes the bytes another target would send, and connects nowhere.
class DryRun final : public Target {
 public:
  using Render = std::function<Result<std::string>(const Batch&)>;

  DryRun(std::string name, Render render, std::FILE* out)
      : name_(std::move(name)), render_(std::move(render)), out_(out) {}

  BatchResult send(const Batch& batch) override {
    BatchResult result;
    const auto bytes = render_(batch);
    if (!bytes) {
      result.outcome = BatchResult::Outcome::unreachable;
      result.reason = bytes.error().message;
      return result;
    }
    std::fwrite(bytes->data(), 1, bytes->size(), out_);
    result.accepted = batch.size();
    return result;
  }
  std::string name() const override { return name_; }

 private:
  std::string name_;
  Render render_;
  std::FILE* out_;
};

}  // namespace sse::pub
