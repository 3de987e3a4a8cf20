#include <array>
#include <cassert>
#include <charconv>

#include <sse/encoder.hpp>

#include "wire/field_line.hpp"
#include "wire/line_scanner.hpp"

namespace sse {
namespace {

/// A `retry` value in decimal.
class Decimal {
 public:
  explicit Decimal(std::uint64_t value) noexcept
      : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), value).ptr) {}
  std::string_view text() const noexcept {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 20> digits_;  // 2^64-1 has 20
  const char* end_;
};

// How a line begins: name, colon and the one space that an empty value does without.
std::string_view prefix_for(std::string_view prefix, std::string_view value) noexcept {
  return value.empty() ? prefix.substr(0, prefix.size() - 1) : prefix;
}

/// Counts what a block will take, so that its memory is reserved once.
class Counter {
 public:
  void line(std::string_view prefix, std::string_view value) noexcept {
    bytes_ += prefix_for(prefix, value).size() + value.size() + 1;
  }
  void blank_line() noexcept { ++bytes_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

/// Appends lines to a string. (Growing it first and writing through a pointer would clear the
/// memory for nothing: events of 64 KiB would take half as long again.)
class Writer {
 public:
  explicit Writer(std::string& out) noexcept : out_(out) {}
  void line(std::string_view prefix, std::string_view value) {
    out_.append(prefix_for(prefix, value)).append(value).push_back('\n');
  }
  void blank_line() { out_.push_back('\n'); }

 private:
  std::string& out_;
};

// One line for each line of the text, split where a parser would split it. Text that ends with a
// line break has an empty last line: without it the break would be lost.
template <class Sink>
void put_lines(std::string_view prefix, std::string_view text, Sink& sink) {
  wire::LineScanner scanner;
  scanner.feed(text);
  wire::Line line;
  while (scanner.next(line)) sink.line(prefix, line.text);
  sink.line(prefix, scanner.take_unfinished().text);
}

template <class Sink>
void put_block(const EventFields& fields, std::string_view retry, Sink& sink) {
  if (fields.comment) put_lines(": ", *fields.comment, sink);
  if (fields.id) sink.line("id: ", *fields.id);
  if (fields.event && !fields.event->empty() && *fields.event != wire::kDefaultType)
    sink.line("event: ", *fields.event);
  if (fields.retry_ms) sink.line("retry: ", retry);
  if (fields.data) put_lines("data: ", *fields.data, sink);
  sink.blank_line();
}

}  // namespace

void encode(const EventFields& fields, std::string& out) {
  assert(!validate(fields));
  const Decimal retry(fields.retry_ms.value_or(0));
  Counter counter;
  put_block(fields, retry.text(), counter);
  out.reserve(out.size() + counter.bytes());
  Writer writer(out);
  put_block(fields, retry.text(), writer);
}

}  // namespace sse
