#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "sse-pub/batch.hpp"
#include "sse-pub/spool_scan.hpp"

namespace sse::pub {

struct SpoolOptions {
  std::string folder;                            ///< made if it is not there
  std::size_t bytes_max = std::size_t{1} << 30;  ///< of the file
  int interrupt_fd = -1;  ///< when readable, waiting for the lock ends. -1: none
  std::function<void(const std::string&)> notice;  ///< for messages; may be empty
};

/// Consecutive events of one producer, read from the spool.
struct SpooledRun {
  std::vector<OutgoingEvent> events;
  std::string key;
  std::uint64_t number = 1;
  std::vector<std::uint64_t> ends;  ///< offset in the file behind each event

  Batch batch() const noexcept { return {events, key, number}; }
};

/// Events on disk that wait for the server, in one file that is only appended to: what the process
/// or the machine did not live to send is there afterwards.
///
/// What has been sent is marked by a further record, and once that is all, the file is cut to
/// nothing. Neither is synced: should it be lost with the machine, events are sent again under the
/// numbers they had, which the server drops. One process at a time. Not thread-safe.
class Spool {
 public:
  /// Opens the spool, waiting for another process that has it; cuts off a torn tail. The error
  /// names the file.
  static Result<Spool> open(SpoolOptions options);

  /// Appends the events, which have a key; they are on the disk when this returns. After an error
  /// none of them is in the spool.
  Result<void> append(const Batch& batch);
  /// The oldest events, at least one unless empty, at most about so many bytes.
  Result<SpooledRun> read(std::size_t events_max, std::size_t bytes_max) const;
  /// The first `count` events of what read() gave have been sent.
  Result<void> forget(const SpooledRun& run, std::size_t count);

  std::uint64_t unsent() const noexcept { return extent_.unsent; }
  const std::string& folder() const noexcept { return options_.folder; }

 private:
  explicit Spool(SpoolOptions options);
  Result<void> open_file();
  Result<void> lock();
  Result<void> load();
  Result<void> write(const std::string& bytes);
  Result<void> truncate(std::uint64_t size);
  Error failure(const char* what) const;

  SpoolOptions options_;
  std::string path_;
  Fd file_;
  SpoolExtent extent_;
};

}  // namespace sse::pub
