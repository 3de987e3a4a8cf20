#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::tail {

/// Last event IDs that outlive the process, by the key of their request. One process at a time: a
/// lock on FILE.lock says so. Each save replaces the whole file at once, so that a process killed
/// at any moment leaves the old one or the new one.
class PositionFile {
 public:
  /// Takes the lock, makes missing folders, and reads the file when there is one. The error names
  /// the path.
  static Result<PositionFile> open(const std::string& path);

  /// The stored id; empty when there is none.
  std::string id_of(const std::string& key) const;
  /// Remembers an id for the next save(); an empty one forgets the request. `url` is for people.
  void set(const std::string& key, const std::string& url, std::string id);
  bool dirty() const noexcept { return dirty_; }
  Result<void> save();

 private:
  struct Position {
    std::string url;
    std::string id;
  };

  Result<void> lock();
  Result<void> load();
  Result<void> write(const std::string& path, const std::string& text) const;

  std::string path_;
  Fd lock_;
  std::map<std::string, Position> positions_;
  bool dirty_ = false;
};

}  // namespace sse::tail
