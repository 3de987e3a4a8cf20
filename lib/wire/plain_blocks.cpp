#include "wire/plain_blocks.hpp"

#include <bit>
#include <cstdint>

#include "wire/block_mask.hpp"
#include "wire/field_line.hpp"
#include "wire/utf8.hpp"

namespace sse::wire {
namespace {

// The line ends of a chunk. Knows less than a LineScanner, which has to go on in the next chunk.
class LineEnds {
 public:
  explicit LineEnds(std::string_view bytes) noexcept
      : block_(bytes.data()), end_(block_ + bytes.size()) {
    load();
  }

  // The next CR or LF; nullptr: there is none.
  [[gnu::always_inline]] const char* next() noexcept {
    while (ends_ == 0) {
      if (end_ - block_ <= std::ptrdiff_t{kBlockBytes}) return nullptr;
      block_ += kBlockBytes;
      load();
    }
    const char* const end = block_ + std::countr_zero(ends_);
    ends_ &= ends_ - 1;
    return end;
  }

  // Whether there may be a NUL or a byte above 0x7F between the last start() and the last next().
  bool special() const noexcept { return special_ != 0; }
  void start() noexcept { special_ = block_special_; }

 private:
  [[gnu::always_inline]] void load() noexcept {
    const auto left = static_cast<std::size_t>(end_ - block_);
    const BlockMask mask = left >= kBlockBytes ? mask_block(block_) : last_mask(block_, left);
    ends_ = mask.line_ends;
    block_special_ = mask.special;
    special_ |= mask.special;
  }
  [[gnu::noinline]] static BlockMask last_mask(const char* block, std::size_t left) noexcept {
    return mask_tail(block, left);
  }

  const char* block_;
  const char* end_;
  std::uint64_t ends_ = 0;  // of the block, those not passed yet
  std::uint64_t block_special_ = 0;
  std::uint64_t special_ = 0;
};

// What decoding would change, or make the parser ignore.
[[gnu::noinline]] bool needs_care(const FieldLine& field) noexcept {
  return valid_utf8_prefix(field.value) != field.value.size() ||
         (field.kind == LineKind::id && field.value.find('\0') != std::string_view::npos);
}

// As nearly all fields are written, which compares faster.
[[gnu::always_inline]] inline FieldLine split_usual_field(std::string_view line) noexcept {
  constexpr std::string_view kData = "data: ", kId = "id: ", kEvent = "event: ";
  if (line.starts_with(kData)) return {LineKind::data, line.substr(kData.size())};
  if (line.starts_with(kId)) return {LineKind::id, line.substr(kId.size())};
  if (line.starts_with(kEvent)) return {LineKind::event, line.substr(kEvent.size())};
  return split_field(line);
}

// Reads one block after the other.
class BlockReader {
 public:
  BlockReader(const PlainBlocks& rules, std::string_view bytes, std::string_view id) noexcept
      : rules_(rules), ends_(bytes), line_(bytes.data()), rest_(line_), id_(id) {}

  enum class Block { event, nothing, not_plain };

  [[gnu::always_inline]] Block read(Event& event) noexcept {
    ends_.start();
    event.type = kDefaultType;
    std::string_view id = id_;
    bool has_data = false, has_id = false;
    std::string_view line;
    for (;;) {
      if (!next_line(line)) return Block::not_plain;
      if (line.empty()) break;
      const FieldLine field = split_usual_field(line);
      if (field.kind == LineKind::unknown) continue;
      if (field.kind == LineKind::comment && !rules_.comments) continue;
      if (line.size() > rules_.field_bytes_max) return Block::not_plain;
      if (ends_.special() && needs_care(field)) [[unlikely]]
        return Block::not_plain;
      if (field.kind == LineKind::data && !has_data) {
        event.data = field.value;
        has_data = true;
      } else if (field.kind == LineKind::id) {
        id = field.value;
        has_id = true;
      } else if (field.kind == LineKind::event) {
        event.type = field.value.empty() ? kDefaultType : field.value;
      } else {
        return Block::not_plain;
      }
    }
    if (has_id && !has_data) return Block::not_plain;
    event.last_event_id = id_ = id;
    rest_ = line_;
    return has_data ? Block::event : Block::nothing;
  }

  // What follows the last plain block.
  const char* rest() const noexcept { return rest_; }

 private:
  [[gnu::always_inline]] bool next_line(std::string_view& line) noexcept {
    const char* end = ends_.next();
    if (end == nullptr) return false;
    line = {line_, static_cast<std::size_t>(end - line_)};
    if (*end == '\r') [[unlikely]] {
      const char* const lf = ends_.next();
      if (lf != end + 1 || *lf != '\n') return false;
      end = lf;
    }
    line_ = end + 1;
    return true;
  }

  const PlainBlocks& rules_;
  LineEnds ends_;
  const char* line_;
  const char* rest_;
  std::string_view id_;
};

}  // namespace

std::size_t PlainBlocks::take(std::string_view& bytes, std::span<Event> events,
                              std::string_view id) const {
  const PlainBlocks rules = *this;
  BlockReader reader(rules, bytes, id);
  std::size_t count = 0;
  while (count < events.size()) {
    const BlockReader::Block block = reader.read(events[count]);
    if (block == BlockReader::Block::not_plain) break;
    if (block == BlockReader::Block::event) ++count;
  }
  bytes.remove_prefix(static_cast<std::size_t>(reader.rest() - bytes.data()));
  return count;
}

}  // namespace sse::wire
