#include "server/gap.hpp"

#include <nlohmann/json.hpp>

#include <sse/encoder.hpp>

namespace sse::server {
namespace {

using Json = nlohmann::ordered_json;

// A header or query value is any bytes; escapes keep it one line of ASCII, in a header too.
std::string ascii(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

std::string gap_json(const hub::Gap& gap) {
  Json json;
  json["requested"] = gap.requested;
  json["oldest"] = gap.oldest.empty() ? Json(nullptr) : Json(gap.oldest);
  json["missed"] = gap.missed ? Json(*gap.missed) : Json(nullptr);
  json["reason"] = hub::to_string(gap.reason);
  return ascii(json);
}

std::string gap_block(const hub::Gap& gap) {
  const std::string json = gap_json(gap);
  std::string out;
  encode({.comment = {}, .id = {}, .event = "gap", .retry_ms = {}, .data = json}, out);
  return out;
}

std::string position_block(std::string_view epoch, hub::Seq position) {
  const std::string id = hub::format_event_id(epoch, position);
  std::string out;
  encode({.comment = {}, .id = id, .event = {}, .retry_ms = {}, .data = {}}, out);
  return out;
}

std::string prime_block(std::uint64_t retry_ms, std::string_view epoch, hub::Seq position) {
  const std::string id = hub::format_event_id(epoch, position);
  std::string out;
  encode({.comment = {}, .id = id, .event = {}, .retry_ms = retry_ms, .data = {}}, out);
  return out;
}

}  // namespace sse::server
