#include "server/publication.hpp"

#include <charconv>

#include <sse/event_parser.hpp>

#include "http/negotiation.hpp"
#include "http/response.hpp"

namespace sse::server {
namespace {

Result<void> read_retry(const http::Request& request, EventFields& fields) {
  const std::string* text = request.param("retry");
  if (text == nullptr) return {};
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (text->empty() || error != std::errc{} || end != text->data() + text->size())
    return fail("retry: not a number of milliseconds");
  fields.retry_ms = value;
  return {};
}

Result<Publication> read_single(const http::Request& request) {
  EventFields fields;
  fields.data = request.body;
  if (const std::string* event = request.param("event")) fields.event = *event;
  if (const std::string* id = request.param("id")) fields.id = *id;
  if (auto retry = read_retry(request, fields); !retry) return tl::unexpected(retry.error());
  if (const auto fault = validate(fields)) return fail(fault->message());
  Publication publication;
  publication.add(fields);
  return publication;
}

// A parser hands out the last event ID with every event; only a block that changed it had its own.
class BatchReader {
 public:
  explicit BatchReader(std::size_t event_bytes_max)
      : parser_({event_bytes_max, event_bytes_max},
                {.comments = false, .retries = true, .positions = true}) {}

  Result<Publication> read(std::string_view body) {
    for (const std::string_view part : {body, std::string_view("\n\n")}) {
      parser_.feed(part);
      for (ParseResult result; (result = parser_.next()) != ParseResult::need_input;) {
        if (!describe(result).empty())
          return fail("event stream: " + std::string(describe(result)));
        if (auto taken = take(result); !taken) return tl::unexpected(taken.error());
      }
    }
    if (publication_.fields().empty()) return fail("the event stream holds no event with data");
    return std::move(publication_);
  }

 private:
  Result<void> take(ParseResult result) {
    if (result == ParseResult::retry) retry_ms_ = parser_.reconnection_time_ms();
    if (result == ParseResult::position) id_ = parser_.last_event_id();
    if (result != ParseResult::event) return {};
    const Event& event = parser_.event();
    EventFields fields;
    fields.data = publication_.keep(event.data);
    if (event.type != "message") fields.event = publication_.keep(event.type);
    if (event.last_event_id != id_) {
      id_ = event.last_event_id;
      fields.id = publication_.keep(id_);
    }
    fields.retry_ms = std::exchange(retry_ms_, std::nullopt);
    if (const auto fault = validate(fields))
      return fail("event " + std::to_string(publication_.fields().size() + 1) + ": " +
                  fault->message());
    publication_.add(fields);
    return {};
  }

  EventParser parser_;
  Publication publication_;
  std::string id_;
  std::optional<std::uint64_t> retry_ms_;
};

}  // namespace

Result<Publication> read_publication(const http::Request& request, std::size_t event_bytes_max) {
  const std::string* type = request.header("content-type");
  if (type != nullptr && http::media_type_essence(*type) == "text/event-stream")
    return BatchReader(event_bytes_max).read(request.body);
  return read_single(request);
}

std::string receipt(const ReceiptFacts& facts) {
  std::string out = "{\"channel\":" + http::json_string(facts.channel) + ",\"ids\":[";
  for (const std::string& id : facts.ids) {
    if (out.back() != '[') out += ',';
    out += http::json_string(id);
  }
  out += ']';
  if (facts.duplicates > 0) out += ",\"duplicates\":" + std::to_string(facts.duplicates);
  out += ",\"streams\":" + std::to_string(facts.streams);
  if (facts.nodes) out += ",\"nodes\":" + std::to_string(*facts.nodes);
  return out + "}\n";
}

}  // namespace sse::server
