#include "redis/envelope.hpp"

#include <nlohmann/json.hpp>

namespace sse::redis {
namespace {

enum class Key { none, event, id, data, retry, channel, time };

Key key_of(std::string_view name) {
  if (name == "event") return Key::event;
  if (name == "id") return Key::id;
  if (name == "data") return Key::data;
  if (name == "retry") return Key::retry;
  if (name == "channel") return Key::channel;
  if (name == "time") return Key::time;
  return Key::none;
}

// SAX handler that stops at the first thing an event object cannot hold, so that hostile nesting
// costs nothing.
class EnvelopeReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  const Envelope& envelope() const noexcept { return envelope_; }

  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(number_integer_t) override { return key_ == Key::time; }
  bool number_unsigned(number_unsigned_t value) override {
    if (key_ == Key::retry) envelope_.retry_ms = value;
    return key_ == Key::retry || key_ == Key::time;
  }
  bool number_float(number_float_t, const string_t&) override { return key_ == Key::time; }
  bool string(string_t& value) override {
    switch (key_) {
      case Key::event:
        envelope_.event = std::move(value);
        return true;
      case Key::id:
        envelope_.id = std::move(value);
        return true;
      case Key::data:
        envelope_.data = std::move(value);
        return true;
      case Key::channel:
      case Key::time:
        return true;
      default:
        return false;
    }
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return !std::exchange(inside_, true); }
  bool key(string_t& name) override {
    key_ = key_of(name);
    const unsigned bit = 1u << static_cast<unsigned>(key_);
    const bool again = (seen_ & bit) != 0;
    seen_ |= bit;
    return key_ != Key::none && !again;
  }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return false; }
  bool end_array() override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  Envelope envelope_;
  Key key_ = Key::none;
  unsigned seen_ = 0;
  bool inside_ = false;
};

bool may_be_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

bool is_json_object(std::string_view text) {
  return may_be_object(text) && nlohmann::json::accept(text.begin(), text.end());
}

}  // namespace

EventFields Envelope::fields() const noexcept {
  EventFields out;
  if (event) out.event = *event;
  if (id) out.id = *id;
  if (data) out.data = *data;
  out.retry_ms = retry_ms;
  return out;
}

std::string encode_envelope(const EventFields& fields, const Producer& producer) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  if (fields.event) object["event"] = *fields.event;
  if (fields.id) object["id"] = *fields.id;
  if (fields.data) object["data"] = *fields.data;
  if (fields.retry_ms) object["retry"] = *fields.retry_ms;
  if (!producer.key.empty()) {
    object["producer"] = producer.key;
    object["number"] = producer.number;
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::optional<Envelope> decode_envelope(std::string_view message) {
  // The JSON library takes a NUL for the end of its input; JSON text has none.
  if (!may_be_object(message) || message.find('\0') != std::string_view::npos) return std::nullopt;
  EnvelopeReader reader;
  if (!nlohmann::json::sax_parse(message.begin(), message.end(), &reader)) return std::nullopt;
  const Envelope& found = reader.envelope();
  if (!found.event && !found.id && !found.data && !found.retry_ms) return std::nullopt;
  if (validate(found.fields())) return std::nullopt;
  return found;
}

std::string encode_message(const EventFields& fields, const Producer& producer) {
  const bool bare =
      fields.data && !fields.event && !fields.id && !fields.retry_ms && producer.key.empty();
  if (bare && !is_json_object(*fields.data)) return std::string(*fields.data);
  return encode_envelope(fields, producer);
}

Envelope decode_message(std::string_view message) {
  if (auto envelope = decode_envelope(message)) return *std::move(envelope);
  Envelope verbatim;
  verbatim.data = std::string(message);
  return verbatim;
}

}  // namespace sse::redis
