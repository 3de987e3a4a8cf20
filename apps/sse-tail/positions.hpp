#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/event_source.hpp"
#include "position_file.hpp"

namespace sse::tail {

/// --resume: where each stream goes on in the next run. The owner reports the position of a stream
/// only when everything up to it has been taken by the reader of the output, so that a process
/// killed at any moment may repeat something but never skips.
class Positions {
 public:
  /// Reads the file and sets the starting positions of the sources that are stored in it.
  static Result<Positions> open(const std::string& path,
                                std::vector<client::EventSourceOptions>& sources);

  /// The output of stream `index` has been taken up to this last event ID.
  void taken(std::size_t index, std::string_view id);
  /// Saves when there is something new and the last time is long enough ago, or `at_once`.
  Result<void> save(std::uint64_t now_ms, bool at_once = false);
  /// When save() has something to do.
  std::optional<std::uint64_t> deadline() const;

 private:
  struct Stream {
    std::string key;
    std::string url;
    std::string id;
  };

  explicit Positions(PositionFile file) : file_(std::move(file)) {}

  PositionFile file_;
  std::vector<Stream> streams_;
  std::uint64_t save_at_ = 0;
};

/// Where --resume without a file keeps the positions of these streams: a file of their own in
/// $XDG_STATE_HOME/sse, or ~/.local/state/sse.
Result<std::string> default_position_path(const std::vector<client::EventSourceOptions>& sources);

/// Names a request: its method, URL, body, and headers in any order, but for credentials, which
/// change while the stream stays the same. Nothing of it can be read back from the name.
std::string request_key(const client::Request& request);

}  // namespace sse::tail
