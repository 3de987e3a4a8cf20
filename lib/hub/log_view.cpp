#include <algorithm>
#include <cassert>

#include "hub/event_log.hpp"

namespace sse::hub {

namespace {

constexpr std::string_view kEndOfBlock = "\n\n";

}  // namespace

LogView::LogView(const EventLog& log) : log_(log) { refresh(); }

LogView::~LogView() = default;

bool LogView::refresh() {
  const std::uint64_t old_end = end_;
  std::uint64_t evicted = 0;
  {
    const std::lock_guard lock(log_.mutex_);
    const std::uint64_t first = log_.first_segment_;
    evicted = std::min<std::uint64_t>(first - first_segment_, segments_.size());
    const std::uint64_t known_up_to = first_segment_ + segments_.size();
    for (std::size_t i = std::max(known_up_to, first) - first; i < log_.segments_.size(); ++i)
      segments_.push_back(log_.segments_[i]);
    first_segment_ = first;
    begin_ = log_.begin_;
    end_ = log_.end_;
    last_seq_ = log_.last_seq_;
  }
  // Freed outside of the lock.
  for (; evicted > 0; --evicted) segments_.pop_front();
  return end_ != old_end;
}

std::uint64_t LogView::begin() const noexcept { return begin_; }

std::uint64_t LogView::end() const noexcept { return end_; }

std::size_t LogView::gather(std::uint64_t from, std::size_t bytes_max,
                            std::span<iovec> out) const noexcept {
  assert(begin_ <= from && from <= end_);
  std::size_t used = 0;
  if (from == end_) return used;
  for (std::size_t i = segment_of(from); i < segments_.size() && used < out.size() && bytes_max > 0;
       ++i) {
    const std::string_view bytes = bytes_from(i, from).substr(0, bytes_max);
    // writev() and its like take bytes they only read as void*.
    out[used++] = iovec{const_cast<char*>(bytes.data()), bytes.size()};
    from += bytes.size();
    bytes_max -= bytes.size();
  }
  return used;
}

// Found in the bytes, not in the log's index: the index may have evicted the event meanwhile.
LogView::Cut LogView::cut_at(std::uint64_t from) const {
  assert(begin_ <= from && from <= end_);
  if (from == end_) return {};
  const std::size_t i = segment_of(from);
  const Segment& segment = segments_[i];
  const auto position = static_cast<std::size_t>(from - segment.begin);
  const std::string_view bytes = bytes_from(i, segment.begin);
  if (bytes.substr(0, position).ends_with(kEndOfBlock) || position == 0) return {};
  // The cut may be between the two LFs.
  const std::size_t end = bytes.find(kEndOfBlock, position - 1) + kEndOfBlock.size();
  return Cut{segment.bytes, bytes.substr(position, end - position)};
}

// The segment that holds the byte at `offset`, which must be below end_.
std::size_t LogView::segment_of(std::uint64_t offset) const noexcept {
  const std::size_t last = segments_.size() - 1;
  if (segments_[last].begin <= offset) return last;
  const auto begins_before = [offset](const Segment& segment) { return segment.begin <= offset; };
  return segments_.partition_point(begins_before) - 1;
}

std::string_view LogView::bytes_from(std::size_t segment, std::uint64_t from) const noexcept {
  const Segment& piece = segments_[segment];
  const std::uint64_t end = segment + 1 < segments_.size() ? segments_[segment + 1].begin : end_;
  return {piece.bytes.get() + (from - piece.begin), static_cast<std::size_t>(end - from)};
}

}  // namespace sse::hub
