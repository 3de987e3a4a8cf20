#include <utility>

#include <sse/encoder.hpp>

#include "formatter.hpp"

namespace sse::tail {
namespace {

class DataFormatter final : public Formatter {
 public:
  explicit DataFormatter(std::string delimiter) : delimiter_(std::move(delimiter)) {}

  void event(std::string_view, const Event& event, std::string& out) override {
    out.append(event.data).append(delimiter_);
  }

 private:
  std::string delimiter_;
};

class RawFormatter final : public Formatter {
 public:
  void event(std::string_view, const Event&, std::string&) override {}
  void bytes(std::string_view, std::string_view bytes, std::string& out) override {
    out.append(bytes);
  }
};

class SseFormatter final : public Formatter {
 public:
  void event(std::string_view, const Event& event, std::string& out) override {
    EventFields fields;
    if (!event.last_event_id.empty() || had_id_) fields.id = event.last_event_id;
    had_id_ = !event.last_event_id.empty();
    fields.event = event.type;
    fields.data = event.data;
    encode(fields, out);
  }

 private:
  bool had_id_ = false;  // an id is in force at the reader: an empty one must be said
};

}  // namespace

std::unique_ptr<Formatter> make_data_formatter(std::string delimiter) {
  return std::make_unique<DataFormatter>(std::move(delimiter));
}
std::unique_ptr<Formatter> make_raw_formatter() { return std::make_unique<RawFormatter>(); }
std::unique_ptr<Formatter> make_sse_formatter() { return std::make_unique<SseFormatter>(); }

}  // namespace sse::tail
