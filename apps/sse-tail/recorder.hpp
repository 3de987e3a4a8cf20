#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <sse/event.hpp>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sse::tail {

/// --record: what came and when, one JSON object a line. The bytes of the streams as they arrived
/// have a "kind", and "text", or "base64" where they are not UTF-8 by themselves; so does the
/// beginning of each connection. Events are the objects of `-o json` with the time they came, so
/// that sse-pub can play a recording.
class Recorder {
 public:
  /// Appends to the file. The error names the path.
  static Result<Recorder> open(const std::string& path, std::function<std::uint64_t()> unix_ms);

  void opened(std::string_view url);
  void bytes(std::string_view url, std::string_view bytes);
  void event(std::string_view url, const Event& event);
  /// Writes what has come since the last time.
  Result<void> flush();

 private:
  Recorder(std::string path, Fd file, std::function<std::uint64_t()> unix_ms);
  void begin(std::string_view url);
  void member(std::string_view name, std::string_view text);

  std::string path_;
  Fd file_;
  std::function<std::uint64_t()> unix_ms_;
  std::string buffer_;
};

}  // namespace sse::tail
