#include "sse-pub/text_readers.hpp"

#include "base/units.hpp"

namespace sse::pub {
namespace {

void append(std::vector<OutgoingEvent>& out, std::string_view data, std::size_t number) {
  OutgoingEvent& event = out.emplace_back();
  event.data = data;
  event.number = number;
}

std::string_view without_last(std::string_view text, char last) {
  if (text.ends_with(last)) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<void> WholeReader::feed(std::string_view bytes, std::vector<OutgoingEvent>&) {
  if (bytes.size() > event_bytes_max_ - data_.size())
    return fail("input: longer than " + format_size(event_bytes_max_) + " (--event-bytes-max)");
  data_.append(bytes);
  return {};
}

Result<void> WholeReader::finish(std::vector<OutgoingEvent>& out) {
  const bool has_end = data_.ends_with('\n');
  append(out, has_end ? without_last(without_last(data_, '\n'), '\r') : data_, 0);
  return {};
}

RecordReader RecordReader::lines(std::size_t event_bytes_max) {
  return {RecordCutter('\n', event_bytes_max, "line"), true};
}

RecordReader RecordReader::nulls(std::size_t event_bytes_max) {
  return {RecordCutter('\0', event_bytes_max, "record"), false};
}

RecordCutter::Sink RecordReader::into(std::vector<OutgoingEvent>& out) const {
  return [&out, drop_cr = drop_cr_](std::string_view record, std::size_t number) -> Result<void> {
    append(out, drop_cr ? without_last(record, '\r') : record, number);
    return {};
  };
}

Result<void> RecordReader::feed(std::string_view bytes, std::vector<OutgoingEvent>& out) {
  return cutter_.feed(bytes, into(out));
}

Result<void> RecordReader::finish(std::vector<OutgoingEvent>& out) {
  return cutter_.finish(into(out));
}

}  // namespace sse::pub
