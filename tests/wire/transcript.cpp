#include "wire/transcript.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <sstream>

namespace sse::test {
namespace {

bool is_error(ParseResult result) {
  return result == ParseResult::line_too_long || result == ParseResult::event_too_long;
}

}  // namespace

std::vector<Item> Transcript::events() const {
  std::vector<Item> events;
  std::copy_if(items.begin(), items.end(), std::back_inserter(events),
               [](const Item& item) { return item.what == ParseResult::event; });
  return events;
}

std::string to_string(const Transcript& transcript) {
  std::ostringstream out;
  for (const Item& item : transcript.items)
    out << static_cast<int>(item.what) << " type=" << item.type
        << " text=" << item.text.substr(0, 80) << " (" << item.text.size()
        << ") id=" << item.last_event_id << " retry=" << item.retry_ms << '\n';
  out << "last event ID=" << transcript.last_event_id
      << " retry=" << transcript.reconnection_time_ms.value_or(0)
      << " error=" << (transcript.error ? describe(*transcript.error) : "none");
  return out.str();
}

void Recorder::note(ParseResult result) {
  Item item;
  item.what = result;
  if (result == ParseResult::event) {
    item.type = parser_.event().type;
    item.text = parser_.event().data;
    item.last_event_id = parser_.event().last_event_id;
  } else if (result == ParseResult::comment) {
    item.text = parser_.comment();
  } else if (result == ParseResult::position) {
    item.last_event_id = parser_.last_event_id();
  } else if (result == ParseResult::retry) {
    item.retry_ms = parser_.reconnection_time_ms().value();
  }
  transcript_.items.push_back(std::move(item));
}

void Recorder::feed(std::string_view piece) {
  if (transcript_.error) return;
  const std::unique_ptr<char[]> exact(new char[piece.size()]);
  if (!piece.empty()) std::memcpy(exact.get(), piece.data(), piece.size());
  parser_.feed({exact.get(), piece.size()});
  for (;;) {
    const ParseResult result = parser_.next();
    if (result == ParseResult::need_input) return;
    if (is_error(result)) {
      transcript_.error = result;
      return;
    }
    note(result);
  }
}

void Recorder::feed(std::string_view bytes, std::span<const std::size_t> cuts) {
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    feed(bytes.substr(begin, cut - begin));
    begin = cut;
  }
  feed(bytes.substr(begin));
}

Transcript Recorder::transcript() const {
  Transcript transcript = transcript_;
  transcript.last_event_id = parser_.last_event_id();
  transcript.reconnection_time_ms = parser_.reconnection_time_ms();
  return transcript;
}

Transcript parse_whole(std::string_view bytes, ParserLimits limits) {
  return parse_cut(bytes, {}, limits);
}

Transcript parse_cut(std::string_view bytes, std::span<const std::size_t> cuts,
                     ParserLimits limits) {
  Recorder recorder(limits);
  recorder.feed(bytes, cuts);
  return recorder.transcript();
}

Transcript parse_pieces(std::string_view bytes, std::size_t piece_bytes, ParserLimits limits) {
  Recorder recorder(limits);
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes)
    recorder.feed(bytes.substr(at, piece_bytes));
  return recorder.transcript();
}

}  // namespace sse::test
