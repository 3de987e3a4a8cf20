#include "sse-pub/event_reader.hpp"

#include "sse-pub/json_reader.hpp"
#include "sse-pub/sse_reader.hpp"
#include "sse-pub/text_readers.hpp"

namespace sse::pub {

std::unique_ptr<EventReader> make_reader(InputFormat format, std::size_t event_bytes_max) {
  switch (format) {
    case InputFormat::lines:
      return std::make_unique<RecordReader>(RecordReader::lines(event_bytes_max));
    case InputFormat::null:
      return std::make_unique<RecordReader>(RecordReader::nulls(event_bytes_max));
    case InputFormat::json:
      return std::make_unique<JsonReader>(event_bytes_max, JsonReader::Times::ignored);
    case InputFormat::recording:
      return std::make_unique<JsonReader>(event_bytes_max, JsonReader::Times::read);
    case InputFormat::sse:
      return std::make_unique<SseReader>(event_bytes_max);
    case InputFormat::whole:
      break;
  }
  return std::make_unique<WholeReader>(event_bytes_max);
}

}  // namespace sse::pub
