#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "sse-pub/target.hpp"

namespace sse::pub {

/// Writes the bytes another target would send, and connects nowhere.
class DryRun final : public Target {
 public:
  using Render = std::function<Result<std::string>(std::span<const OutgoingEvent>)>;

  DryRun(std::string name, Render render, std::FILE* out)
      : name_(std::move(name)), render_(std::move(render)), out_(out) {}

  BatchResult send(std::span<const OutgoingEvent> events) override {
    BatchResult result;
    const auto bytes = render_(events);
    if (!bytes) {
      result.outcome = BatchResult::Outcome::unreachable;
      result.reason = bytes.error().message;
      return result;
    }
    std::fwrite(bytes->data(), 1, bytes->size(), out_);
    result.accepted = events.size();
    return result;
  }
  std::string name() const override { return name_; }

 private:
  std::string name_;
  Render render_;
  std::FILE* out_;
};

}  // namespace sse::pub
