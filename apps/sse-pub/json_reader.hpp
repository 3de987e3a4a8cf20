#pragma once

#include "sse-pub/event_reader.hpp"
#include "sse-pub/record_cutter.hpp"

namespace sse::pub {

/// One event object per line, as `sse-tail -o json` writes them: `channel`, `id`, `event`, `data`
/// strings, `retry` whole milliseconds, the rest ignored. An object without data, an empty line and
/// a life-cycle record (one with `kind`) are handled as stated: error, skipped, skipped. An empty
/// `id` or `channel` counts as absent.
class JsonReader final : public EventReader {
 public:
  explicit JsonReader(std::size_t event_bytes_max) : cutter_('\n', event_bytes_max, "line") {}
  Result<void> feed(std::string_view bytes, std::vector<OutgoingEvent>& out) override;
  Result<void> finish(std::vector<OutgoingEvent>& out) override;
  std::string_view unit() const noexcept override { return cutter_.unit(); }

 private:
  RecordCutter cutter_;
};

}  // namespace sse::pub
