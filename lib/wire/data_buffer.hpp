#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sse::wire {

/// A text that is either a view into the input or, once the input goes away, a copy of it.
class HeldText {
 public:
  std::string_view text() const noexcept { return text_; }
  /// Refers to the input, which must stay until keep() or the next change.
  void refer(std::string_view text) noexcept {
    text_ = text;
    in_input_ = true;
  }
  void copy(std::string_view text) {
    buffer_.assign(text);
    text_ = buffer_;
    in_input_ = false;
  }
  /// Copies what is still in the input.
  void keep() {
    if (in_input_) copy(text_);
  }
  /// The text is empty from now on; views of the old one stay valid until the next copy().
  void clear() noexcept {
    text_ = {};
    in_input_ = false;
  }

 private:
  std::string_view text_;
  std::string buffer_;
  bool in_input_ = false;
};

/// The data buffer of the block being read (WHATWG HTML 9.2.6), without the LF after the last line.
///
/// A single line that lies whole in the input is only referred to; more are joined in one buffer
/// that is reused for every event.
class DataBuffer {
 public:
  /// Whether the block has a data line; an empty one counts.
  bool seen() const noexcept { return place_ != Place::none; }
  /// Size of the standard's data buffer, which has an LF after each line.
  std::size_t bytes() const noexcept { return seen() ? text().size() + 1 : 0; }

  /// Adds a line of the input, which must stay until keep() or clear().
  void add_input(std::string_view line) {
    if (seen()) return append(line);
    in_input_ = line;
    place_ = Place::input;
  }
  /// Adds a line that lies elsewhere: copies it.
  void add_copy(std::string_view line) {
    if (seen()) return append(line);
    buffer_.assign(line);
    begin_ = 0;
    place_ = Place::buffer;
  }
  /// Takes over a buffer that ends with the first line, which starts at `begin`, without copying;
  /// `buffer` gets the old one. Precondition: !seen().
  void adopt(std::string& buffer, std::size_t begin) noexcept {
    buffer_.swap(buffer);
    begin_ = begin;
    place_ = Place::buffer;
  }
  /// Copies what is still in the input.
  void keep() {
    if (place_ == Place::input) move_to_buffer();
  }

  /// All lines joined by LF.
  std::string_view text() const noexcept {
    if (place_ == Place::input) return in_input_;
    return {buffer_.data() + begin_, buffer_.size() - begin_};
  }
  /// No data line seen; views of the text stay valid until the next line is added.
  void clear() noexcept { place_ = Place::none; }

 private:
  enum class Place { none, input, buffer };

  void move_to_buffer() {
    buffer_.assign(in_input_);
    begin_ = 0;
    place_ = Place::buffer;
  }
  void append(std::string_view line) {
    keep();
    buffer_.push_back('\n');
    buffer_.append(line);
  }

  Place place_ = Place::none;
  std::string_view in_input_;
  std::string buffer_;
  std::size_t begin_ = 0;  // where the data starts in buffer_
};

}  // namespace sse::wire
