#pragma once

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <string>

#include "base/result.hpp"

namespace sse::tail {

/// --exec: runs a command for each event, so many at a time, and starts them in order. The owner
/// calls advance() after SIGCHLD.
class Executor {
 public:
  struct Job {
    std::size_t stream;  ///< its index
    std::string id;      ///< the last event ID string
    std::string type;
    std::string url;
    std::string input;  ///< for standard input
  };
  struct Events {
    /// This job and all before it are over.
    std::function<void(const Job&)> passed;
    /// A command failed; `how` is one clause.
    std::function<void(const Job&, const std::string& how)> failed;
  };

  Executor(std::string command, std::size_t parallel_max, Events events);

  /// Queues an event.
  void add(Job job);
  /// Notices what has ended and starts what may start.
  void advance();
  /// Whether all that was added is done: nothing runs, nothing waits, nothing was stopped.
  bool done() const noexcept { return jobs_.empty() && !stopped_; }
  /// Forgets what was not started, and asks what runs to end (SIGTERM, with all it started).
  /// Nothing passes after this: no job counts as done that may have been cut short.
  void stop();

 private:
  struct Entry {
    Job job;
    pid_t child = 0;
    enum class State { waiting, running, over } state = State::waiting;
  };

  void start(Entry& entry);
  Result<pid_t> spawn(const Job& job) const;
  void end(Entry& entry, const std::string& failure);

  std::string command_;
  std::size_t parallel_max_;
  Events events_;
  std::deque<Entry> jobs_;
  std::size_t running_ = 0;
  bool stopped_ = false;
};

}  // namespace sse::tail
