#pragma once

#include "sse-pub/event_reader.hpp"
#include "sse-pub/record_cutter.hpp"

namespace sse::pub {

/// One event object per line, as `sse-tail -o json` writes them: `channel`, `id`, `event`, `data`
/// strings, `retry` whole milliseconds, on request `time` (RFC 3339, or milliseconds since the Unix
/// epoch), the rest ignored. An object without data, an empty line and
/// a life-cycle record (one with `kind`) are handled as stated: error, skipped, skipped. An empty
/// `id` or `channel` counts as absent.
class JsonReader final : public EventReader {
 public:
  enum class Times { ignored, read };

  JsonReader(std::size_t event_bytes_max, Times times)
      : cutter_('\n', event_bytes_max, "line"), times_(times) {}
  Result<void> feed(std::string_view bytes, std::vector<OutgoingEvent>& out) override;
  Result<void> finish(std::vector<OutgoingEvent>& out) override;
  std::string_view unit() const noexcept override { return cutter_.unit(); }

 private:
  RecordCutter::Sink into(std::vector<OutgoingEvent>& out) const;

  RecordCutter cutter_;
  Times times_;
};

}  // namespace sse::pub
