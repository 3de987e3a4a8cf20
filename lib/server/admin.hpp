#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/stats.hpp"

namespace sse::server {

class Shared;

/// The pages under /-/: liveness, readiness, statistics, metrics. Thread-safe.
class Admin {
 public:
  struct Page {
    int status;
    std::string content_type;
    std::string body;
  };

  explicit Admin(Shared& shared) : shared_(shared) {}
  /// Before any page is asked for: the workers to sum up.
  void set_workers(std::vector<const WorkerStats*> workers) { workers_ = std::move(workers); }

  static bool knows(std::string_view name) noexcept;
  /// Tells nothing of what is published, by whom or for whom.
  static bool is_public(std::string_view name) noexcept;
  Page page(std::string_view name) const;

 private:
  std::vector<LaggingStream> lagging() const;
  std::string channels_json() const;
  std::string metrics_text() const;

  Shared& shared_;
  std::vector<const WorkerStats*> workers_;
};

}  // namespace sse::server
