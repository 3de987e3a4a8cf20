#include "sse-pub/spool_record.hpp"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/crc32c.hpp"
#include "base/json_text.hpp"

namespace sse::pub {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kChecksumDigits = 8;
constexpr std::string_view kMarkStart = "{\"sent\":";

std::string checksum_of(std::string_view payload) {
  std::array<char, kChecksumDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", crc32c(payload));
  return {digits.data(), kChecksumDigits};
}

void append_line(std::string& out, std::string_view payload) {
  out.append(checksum_of(payload)).append(" ").append(payload).append("\n");
}

void append_text(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, value);
}

std::optional<std::string> optional_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  return found->get<std::string>();
}

SpooledEvent read_event(const Json& object) {
  SpooledEvent out;
  out.key = object.at("producer").get<std::string>();
  out.number = object.at("number").get<std::uint64_t>();
  out.event.channel = object.at("channel").get<std::string>();
  out.event.event = optional_text(object, "event");
  out.event.id = optional_text(object, "id");
  out.event.data = object.at("data").get<std::string>();
  if (const auto retry = object.find("retry"); retry != object.end())
    out.event.retry_ms = retry->get<std::uint64_t>();
  return out;
}

}  // namespace

void append_event_record(std::string& out, const Batch& batch, std::size_t index) {
  const OutgoingEvent& event = batch.events[index];
  std::string payload = "{\"producer\":";
  append_json_string(payload, batch.key);
  payload += ",\"number\":" + std::to_string(batch.number + index);
  append_text(payload, "channel", event.channel);
  if (event.event) append_text(payload, "event", *event.event);
  if (event.id) append_text(payload, "id", *event.id);
  if (event.retry_ms) payload += ",\"retry\":" + std::to_string(*event.retry_ms);
  append_text(payload, "data", event.data);
  payload += '}';
  append_line(out, payload);
}

void append_mark_record(std::string& out, const SpoolMark& mark) {
  append_line(out, std::string(kMarkStart) + std::to_string(mark.offset) + "}");
}

std::optional<std::string_view> checked_payload(std::string_view line) {
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != ' ') return std::nullopt;
  const std::string_view payload = line.substr(kChecksumDigits + 1);
  if (line.substr(0, kChecksumDigits) != checksum_of(payload)) return std::nullopt;
  return payload;
}

bool is_mark(std::string_view payload) { return payload.starts_with(kMarkStart); }

// What has a good checksum was written by a program of this name, if perhaps by a later version:
// the library's exceptions are for that one case.
std::optional<SpoolRecord> read_payload(std::string_view payload) try {
  const Json object = Json::parse(payload);
  if (!is_mark(payload)) return read_event(object);
  return SpoolMark{object.at("sent").get<std::uint64_t>()};
} catch (const Json::exception&) {
  return std::nullopt;
}

}  // namespace sse::pub
