#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sse::tail {

/// --mcp: the JSON-RPC request of a body, and which message answers it.
class McpRequest {
 public:
  /// From the body of a request; one without an id (a notification) or no JSON waits for nothing.
  explicit McpRequest(std::string_view body);

  enum class Answer { none, result, error };
  /// Whether this message is the answer.
  Answer answered_by(std::string_view message) const;
  bool waits() const noexcept { return id_.has_value(); }

 private:
  std::optional<std::string> id_;  // as it is written in JSON
};

}  // namespace sse::tail
