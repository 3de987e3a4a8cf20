#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include <sse/encoder.hpp>

#include "wire/line_scanner.hpp"

namespace sse {
namespace {

constexpr std::string_view kDefaultType = "message";

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

/// Counts what a block will take, so that it is written into memory reserved once.
class Counter {
 public:
  void line(std::string_view name, std::string_view value) noexcept {
    bytes_ += name.size() + value.size() + (value.empty() ? 2 : 3);
  }
  void blank_line() noexcept { ++bytes_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

/// Writes lines to memory that is large enough.
class Writer {
 public:
  explicit Writer(char* out) noexcept : out_(out) {}
  void line(std::string_view name, std::string_view value) noexcept {
    put(name);
    *out_++ = ':';
    if (!value.empty()) {
      *out_++ = ' ';
      put(value);
    }
    *out_++ = '\n';
  }
  void blank_line() noexcept { *out_++ = '\n'; }
  const char* end() const noexcept { return out_; }

 private:
  void put(std::string_view text) noexcept {
    std::memcpy(out_, text.data(), text.size());
    out_ += text.size();
  }

  char* out_;
};

// One line for each line of the text, split where a parser would split it. Text that ends with a
// line break has an empty last line: without it the break would be lost.
template <class Sink>
void put_lines(std::string_view name, std::string_view text, Sink& sink) noexcept {
  wire::LineScanner scanner;
  scanner.feed(text);
  wire::Line line;
  while (scanner.next(line)) sink.line(name, line.text);
  sink.line(name, scanner.take_unfinished().text);
}

template <class Sink>
void put_block(const EventFields& fields, std::string_view retry, Sink& sink) noexcept {
  if (fields.comment) put_lines("", *fields.comment, sink);
  if (fields.id) sink.line("id", *fields.id);
  if (fields.event && !fields.event->empty() && *fields.event != kDefaultType)
    sink.line("event", *fields.event);
  if (fields.retry_ms) sink.line("retry", retry);
  if (fields.data) put_lines("data", *fields.data, sink);
  sink.blank_line();
}

}  // namespace

void encode(const EventFields& fields, std::string& out) {
  assert(!validate(fields));
  const Decimal retry(fields.retry_ms.value_or(0));
  Counter counter;
  put_block(fields, retry.text(), counter);
  const std::size_t begin = out.size();
  out.resize(begin + counter.bytes());
  Writer writer(out.data() + begin);
  put_block(fields, retry.text(), writer);
  assert(writer.end() == out.data() + out.size());
}

}  // namespace sse
