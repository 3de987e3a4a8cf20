#include "sse-pub/outgoing_event.hpp"

#include "hub/channel.hpp"

namespace sse::pub {

EventFields OutgoingEvent::fields() const noexcept {
  EventFields out;
  if (event) out.event = *event;
  if (id) out.id = *id;
  out.retry_ms = retry_ms;
  out.data = data;
  return out;
}

std::size_t OutgoingEvent::size() const noexcept {
  return sizeof(OutgoingEvent) + data.size() + (event ? event->size() : 0) + (id ? id->size() : 0);
}

Result<void> check_event(const OutgoingEvent& event) {
  if (!hub::is_channel_name(event.channel))
    return fail(
        "channel: not a channel name: 1 to 200 letters, digits and . _ - : / ~ @, "
        "the first not -");
  if (const auto error = validate(event.fields())) return fail(error->message());
  return {};
}

}  // namespace sse::pub
