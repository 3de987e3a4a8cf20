#include "sse-pub/confirmation.hpp"

#include <nlohmann/json.hpp>

namespace sse::pub {

std::string confirmation(const Batch& batch, std::size_t index, const Acceptance& acceptance) {
  const OutgoingEvent& event = batch.events[index];
  nlohmann::ordered_json line;
  if (!batch.key.empty()) line["producer"] = batch.key;
  line["number"] = batch.number + index;
  line["channel"] = event.channel;
  if (acceptance.id || event.id) line["id"] = acceptance.id ? *acceptance.id : *event.id;
  if (acceptance.streams) line["streams"] = *acceptance.streams;
  if (acceptance.nodes) line["nodes"] = *acceptance.nodes;
  if (acceptance.duplicate) line["duplicate"] = true;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sse::pub
