#include "redis/envelope.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "hub/event_id.hpp"

namespace sse::redis {
namespace {

enum class Key {
  none,
  event,
  id,
  data,
  retry,
  channel,
  time,
  seq,
  epoch,
  prev,
  nth,
  producer,
  number
};

constexpr std::array<std::string_view, 13> kNames{"",        "event",    "id",    "data",  "retry",
                                                  "channel", "time",     "seq",   "epoch", "prev",
                                                  "nth",     "producer", "number"};

Key key_of(std::string_view name) {
  const auto found = std::find(kNames.begin() + 1, kNames.end(), name);
  return found == kNames.end() ? Key::none : static_cast<Key>(found - kNames.begin());
}

constexpr unsigned bit_of(Key key) { return 1u << static_cast<unsigned>(key); }
constexpr unsigned kEventBits =
    bit_of(Key::event) | bit_of(Key::id) | bit_of(Key::data) | bit_of(Key::retry);
constexpr unsigned kPlaceBits =
    bit_of(Key::seq) | bit_of(Key::epoch) | bit_of(Key::prev) | bit_of(Key::nth);
constexpr unsigned kOriginBits = bit_of(Key::producer) | bit_of(Key::number);

// SAX handler that stops at the first thing an event object cannot hold, so that hostile nesting
// costs nothing.
class EnvelopeReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  /// What was read; nullopt if it is no event object. Call once, at the end.
  std::optional<Envelope> take() {
    const bool place = (seen_ & kPlaceBits) != 0;
    const bool origin = (seen_ & kOriginBits) != 0;
    const bool whole = (!place || (has_all(kPlaceBits) && has_time_)) &&
                       (!origin || has_all(kOriginBits)) && (seen_ & kEventBits) != 0;
    if (!whole) return std::nullopt;
    if (place) envelope_.place = std::move(place_);
    if (origin) envelope_.origin = std::move(origin_);
    return std::move(envelope_);
  }

  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(number_integer_t) override { return key_ == Key::time; }
  bool number_unsigned(number_unsigned_t value) override {
    switch (key_) {
      case Key::retry:
        envelope_.retry_ms = value;
        return true;
      case Key::time:
        place_.time_ms = value;
        return has_time_ = true;
      case Key::seq:
        place_.seq = value;
        return value > 0;
      case Key::prev:
        place_.prev = value;
        return true;
      case Key::nth:
        place_.nth = value;
        return true;
      case Key::number:
        origin_.number = value;
        return value > 0;
      default:
        return false;
    }
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
      case Key::epoch:
        place_.epoch = std::move(value);
        return hub::is_epoch(place_.epoch);
      case Key::producer:
        origin_.producer = std::move(value);
        return !origin_.producer.empty();
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
    const unsigned bit = bit_of(key_);
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
  bool has_all(unsigned bits) const noexcept { return (seen_ & bits) == bits; }

  Envelope envelope_;
  Place place_;
  Origin origin_;
  bool has_time_ = false;
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
  std::string out = "{";
  const auto begin_member = [&out](std::string_view name) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(name).append("\":");
  };
  const auto add_text = [&](std::string_view name, std::optional<std::string_view> value) {
    if (!value) return;
    begin_member(name);
    append_json_string(out, *value);
  };
  const auto add_number = [&](std::string_view name, std::uint64_t value) {
    begin_member(name);
    out += std::to_string(value);
  };
  add_text("event", fields.event);
  add_text("id", fields.id);
  add_text("data", fields.data);
  if (fields.retry_ms) add_number("retry", *fields.retry_ms);
  if (!producer.key.empty()) {
    add_text("producer", producer.key);
    add_number("number", producer.number);
  }
  return out += '}';
}

std::optional<Envelope> decode_envelope(std::string_view message) {
  // The JSON library takes a NUL for the end of its input; JSON text has none.
  if (!may_be_object(message) || message.find('\0') != std::string_view::npos) return std::nullopt;
  EnvelopeReader reader;
  if (!nlohmann::json::sax_parse(message.begin(), message.end(), &reader)) return std::nullopt;
  std::optional<Envelope> found = reader.take();
  if (found && validate(found->fields())) return std::nullopt;
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
