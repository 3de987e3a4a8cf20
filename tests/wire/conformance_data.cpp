#include "wire/conformance_data.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace sse::test {
namespace {

using nlohmann::json;

void append_utf8(unsigned code, std::string& out) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

char simple_escape(char name) {
  switch (name) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case '\\':
      return '\\';
    default:
      throw std::runtime_error(std::string("unknown escape \\") + name);
  }
}

// The segments are [piece, how often]; with `escaped` the pieces are escaped.
std::string repeat(const json& segments, bool escaped) {
  std::string out;
  for (const json& segment : segments) {
    const auto text = segment.at(0).get<std::string>();
    const std::string piece = escaped ? unescape(text) : text;
    const auto times = segment.at(1).get<std::size_t>();
    if (piece.size() == 1) {
      out.append(times, piece.front());
    } else {
      for (std::size_t n = 0; n < times; ++n) out.append(piece);
    }
  }
  return out;
}

// The file has what was sent; what a client makes of more than 2^53-1 is left open there, and
// clamped here.
std::optional<std::uint64_t> expected_retry(const json& value) {
  constexpr std::uint64_t kMax = (std::uint64_t{1} << 53) - 1;
  if (value.is_null()) return std::nullopt;
  return value.is_number_float() ? kMax : std::min(kMax, value.get<std::uint64_t>());
}

StreamCase to_case(const json& entry) {
  StreamCase out;
  out.name = entry.at("name");
  out.bytes = entry.contains("bytes_segments")
                  ? repeat(entry["bytes_segments"], true)
                  : unescape(entry.at("bytes_escaped").get<std::string>());
  out.initial_last_event_id = entry.value("initial_last_event_id", "");
  out.events = expected_events(entry.at("expected_events"));
  out.last_event_id = entry.at("expected_last_event_id");
  out.retry_ms = expected_retry(entry.at("expected_retry"));
  out.cuts = entry.value("chunk_offsets", std::vector<std::size_t>{});
  return out;
}

}  // namespace

json load_data(std::string_view name) {
  const std::string path = std::string(SSE_TEST_DATA "/").append(name);
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return json::parse(file);
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    const char name = text.at(++i);
    if (name != 'x' && name != 'u') {
      out.push_back(simple_escape(name));
      continue;
    }
    const std::size_t digits = name == 'x' ? 2 : 4;
    const auto code =
        static_cast<unsigned>(std::stoul(std::string(text.substr(i + 1, digits)), nullptr, 16));
    if (name == 'x') {
      out.push_back(static_cast<char>(code));
    } else {
      append_utf8(code, out);
    }
    i += digits;
  }
  return out;
}

std::vector<Item> expected_events(const json& events) {
  std::vector<Item> out;
  for (const json& event : events) {
    const json& data = event.at("data");
    Item item;
    item.what = ParseResult::event;
    item.type = event.at("type");
    item.text = data.is_object() ? repeat(data.at("repeat"), false) : data.get<std::string>();
    item.last_event_id = event.at("lastEventId");
    out.push_back(std::move(item));
  }
  return out;
}

std::vector<StreamCase> load_stream_cases() {
  std::vector<StreamCase> cases;
  for (const json& entry : load_data("event_stream.json")) cases.push_back(to_case(entry));
  return cases;
}

}  // namespace sse::test
