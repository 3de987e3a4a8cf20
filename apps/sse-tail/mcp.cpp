#include "mcp.hpp"

#include "json_pointer.hpp"
#include "json_value.hpp"

namespace sse::tail {
namespace {

std::optional<std::string_view> member(std::string_view json, std::string_view pointer) {
  return JsonPointer::parse(pointer)->find(json);
}

}  // namespace

McpRequest::McpRequest(std::string_view body) {
  if (!is_json(body)) return;
  if (const auto id = member(body, "/id"); id && member(body, "/method")) id_ = *id;
}

McpRequest::Answer McpRequest::answered_by(std::string_view message) const {
  if (!id_ || !is_json(message)) return Answer::none;
  const auto id = member(message, "/id");
  // A server that could not even read the request knows no id.
  if (id != *id_ && (id != "null" || !member(message, "/error"))) return Answer::none;
  if (member(message, "/error")) return Answer::error;
  return member(message, "/result") ? Answer::result : Answer::none;
}

}  // namespace sse::tail
