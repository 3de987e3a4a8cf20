#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/block_mask.hpp"

namespace sse::wire {

/// A line of the input, or the part of it that lies in this chunk, without its end of line.
struct Line {
  std::string_view text;
  bool special = false;  ///< some byte is NUL or above 0x7F
};

/// Cuts chunks into lines that end at CRLF, CR or LF (WHATWG HTML 9.2.5), 64 bytes at a time.
///
/// A CR ends its line at once; an LF that follows it, also in the next chunk, belongs to it.
class LineScanner {
 public:
  void feed(std::string_view bytes) noexcept {
    line_ = bytes.data();
    end_ = line_ + bytes.size();
    block_ = line_;
    load_block();
  }

  /// The next line that ends in this chunk; false when only an unfinished one (or nothing) is left.
  [[gnu::always_inline]] bool next(Line& line) noexcept {
    bool special = false;
    for (;;) {
      while (mask_.line_ends == 0) {
        special |= mask_.special != 0;
        if (end_ - block_ <= std::ptrdiff_t{kBlockBytes}) return leave_unfinished(special);
        load_next_block();
      }
      const char* end = block_ + std::countr_zero(mask_.line_ends);
      special |= pass_line_end();
      if (after_cr_ && end == line_ && *end == '\n') {
        after_cr_ = false;
        ++line_;
        continue;
      }
      line.text = {line_, static_cast<std::size_t>(end - line_)};
      line.special = special;
      after_cr_ = *end == '\r';
      line_ = end + 1;
      return true;
    }
  }

  /// The unfinished line at the end of the chunk, after next() returned false. Ends the chunk.
  Line take_unfinished() noexcept {
    const Line rest{{line_, static_cast<std::size_t>(end_ - line_)}, unfinished_special_};
    if (!rest.text.empty()) after_cr_ = false;
    drop_input();
    return rest;
  }

  void reset() noexcept {
    drop_input();
    after_cr_ = false;
  }

  /// Whether an LF that comes next would belong to the line before.
  bool after_cr() const noexcept { return after_cr_; }
  /// The input not passed yet, which begins with a line.
  std::string_view rest() const noexcept { return {line_, static_cast<std::size_t>(end_ - line_)}; }
  /// Goes on at the start of `rest`, a line that is not after a lone CR and further on in rest().
  void skip_to(std::string_view rest) noexcept {
    if (rest.data() != line_) feed(rest);
  }

  bool empty() const noexcept { return line_ == end_; }

 private:
  void drop_input() noexcept {
    line_ = end_;
    block_ = end_;
    mask_ = {};
  }

  [[gnu::always_inline]] void load_block() noexcept {
    const auto left = static_cast<std::size_t>(end_ - block_);
    mask_ = left >= kBlockBytes ? mask_block(block_) : mask_tail(block_, left);
  }

  // Inside the loop over lines; the last block of a chunk is no part of it.
  [[gnu::always_inline]] void load_next_block() noexcept {
    block_ += kBlockBytes;
    const auto left = static_cast<std::size_t>(end_ - block_);
    mask_ = left >= kBlockBytes ? mask_block(block_) : last_mask(block_, left);
  }
  [[gnu::noinline]] static BlockMask last_mask(const char* block, std::size_t left) noexcept {
    return mask_tail(block, left);
  }

  // Forgets everything up to the first line end of the block; true if some of it was non-ASCII.
  bool pass_line_end() noexcept {
    const std::uint64_t up_to_end = mask_.line_ends ^ (mask_.line_ends - 1);
    const bool special = (mask_.special & up_to_end) != 0;
    mask_.special &= ~up_to_end;
    mask_.line_ends &= mask_.line_ends - 1;
    return special;
  }

  bool leave_unfinished(bool special) noexcept {
    unfinished_special_ = special;
    return false;
  }

  const char* line_ = nullptr;   // start of the line being read
  const char* block_ = nullptr;  // start of the block mask_ speaks of
  const char* end_ = nullptr;    // end of the chunk
  BlockMask mask_;               // of the bytes of the block that are not passed yet
  bool after_cr_ = false;        // the last byte passed was a CR
  bool unfinished_special_ = false;
};

}  // namespace sse::wire
