#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "wire/transcript.hpp"

namespace sse::test {

/// tests/data/NAME as JSON; throws if it cannot be read.
nlohmann::json load_data(std::string_view name);

/// The bytes a string of the data files stands for: `\n \r \t \0 \\ \xNN \uNNNN`.
std::string unescape(std::string_view text);

/// A case of event_stream.json.
struct StreamCase {
  std::string name;
  std::string bytes;
  std::string initial_last_event_id;
  std::vector<Item> events;
  std::string last_event_id;
  std::optional<std::uint64_t> retry_ms;
  std::vector<std::size_t> cuts;  ///< offsets at which a cut once broke some implementation
};
std::vector<StreamCase> load_stream_cases();

/// The events of a JSON array of {"type","data","lastEventId"}.
std::vector<Item> expected_events(const nlohmann::json& events);

}  // namespace sse::test
