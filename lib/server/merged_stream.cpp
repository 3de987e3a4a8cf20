#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "server/socket_io.hpp"
#include "server/stream.hpp"
#include "server/worker.hpp"

// A stream on several channels: what waits on them leaves in the order of the events' numbers, so
// that one id is a position on all of them.
namespace sse::server {
namespace {

constexpr std::size_t kPieces = 64;  ///< iovecs in one send

/// The events of one channel that wait for the stream.
struct Waiting {
  SeatRef ref{};
  std::vector<hub::LogEntry> entries;
  std::size_t next = 0;
  bool more = false;     ///< the log holds further ones
  bool overrun = false;  ///< the log evicted events since the views were brought up to date

  const hub::LogEntry* head() const { return next < entries.size() ? &entries[next] : nullptr; }
  void collect(SeatRef seat);
};

void Waiting::collect(SeatRef seat) {
  ref = seat;
  entries.clear();
  next = 0;
  more = overrun = false;
  const std::uint64_t cursor = ref.fan_out->seat(ref.seat).cursor;
  const std::uint64_t end = ref.fan_out->view().end();
  if (cursor == end) return;
  overrun = ref.fan_out->entries(cursor, entries) > cursor;
  more = entries.size() == FanOut::kEntriesMax;
  while (!entries.empty() && entries.back().end > end) entries.pop_back();
}

/// What one stream is sent. A thread has one, so that no stream and no event allocates.
class Merge {
 public:
  Waiting& add() {
    if (count_ == waiting_.size()) waiting_.emplace_back();
    return waiting_[count_++];
  }
  void run(hub::Seq watermark, std::size_t bytes_max);

  std::span<const LogPiece> pieces() const { return pieces_; }
  /// More could be sent next turn.
  bool is_limited() const { return limited_; }
  void clear() {
    count_ = 0;
    pieces_.clear();
    limited_ = false;
  }

 private:
  Waiting* lowest(hub::Seq watermark);

  std::vector<Waiting> waiting_;  ///< the first count_ are in use
  std::size_t count_ = 0;
  std::vector<LogPiece> pieces_;
  bool limited_ = false;
};

// The channel whose next event has the lowest number; null when none may be sent. A channel of
// which only a part is known stops the merge where that part ends.
Waiting* Merge::lowest(hub::Seq watermark) {
  Waiting* best = nullptr;
  for (Waiting& waiting : std::span(waiting_).first(count_)) {
    const hub::LogEntry* head = waiting.head();
    if (head == nullptr && waiting.more) return nullptr;
    if (head == nullptr || head->seq > watermark) continue;
    if (best == nullptr || head->seq < best->head()->seq) best = &waiting;
  }
  return best;
}

void Merge::run(hub::Seq watermark, std::size_t bytes_max) {
  std::size_t bytes = 0;
  while (Waiting* waiting = lowest(watermark)) {
    const SeatRef ref = waiting->ref;
    const std::uint64_t to = waiting->head()->end;
    const bool extends = !pieces_.empty() && pieces_.back().ref.fan_out == ref.fan_out;
    const std::uint64_t from = waiting->next > 0 ? waiting->entries[waiting->next - 1].end
                                                 : ref.fan_out->seat(ref.seat).cursor;
    if (bytes >= bytes_max || (!extends && pieces_.size() == kPieces / 2)) {
      limited_ = true;
      return;
    }
    if (extends)
      pieces_.back().to = to;
    else
      pieces_.push_back({ref, from, to});
    bytes += to - from;
    ++waiting->next;
  }
  for (const Waiting& waiting : std::span(waiting_).first(count_))
    limited_ = limited_ || waiting.more;
}

}  // namespace

bool Stream::deliver_merged(hub::Seq watermark) {
  thread_local Merge merge;
  merge.clear();
  for (const SeatRef& ref : extra_->seats) {
    if (ref.fan_out->seat(ref.seat).cursor < ref.fan_out->view().begin()) return overrun();
    Waiting& waiting = merge.add();
    waiting.collect(ref);
    if (waiting.overrun) return overrun();
  }
  merge.run(watermark, worker_.share_bytes());
  if (merge.pieces().empty()) return !close_if_ended();

  std::array<iovec, kPieces> vectors;
  std::size_t count = 0;
  for (const LogPiece& piece : merge.pieces())
    count += piece.ref.fan_out->view().gather(piece.from, piece.to - piece.from,
                                              std::span(vectors).subspan(count));
  const ssize_t sent = write(vectors.data(), count);
  if (is_failure(sent)) {
    write_failed(static_cast<int>(-sent));
    return false;
  }
  return advance_merged(merge.pieces(), sent > 0 ? static_cast<std::uint64_t>(sent) : 0,
                        merge.is_limited());
}

bool Stream::advance_merged(std::span<const LogPiece> pieces, std::uint64_t sent, bool limited) {
  if (sent > 0) {
    worker_.stats().sends.add();
    worker_.stats().bytes.add(sent);
    touch(worker_.now_ms32());
  }
  for (const LogPiece& piece : pieces) {
    Seat& seat = piece.ref.fan_out->seat(piece.ref.seat);
    const std::uint64_t taken = std::min(sent, piece.to - piece.from);
    seat.cursor = piece.from + taken;
    sent -= taken;
    if (seat.cursor == piece.to) continue;
    hub::LogView::Cut cut = piece.ref.fan_out->view().cut_at(seat.cursor);
    seat.cursor += cut.bytes.size();
    set_aside(Wait::socket, std::move(cut), piece.ref.fan_out);
    return true;
  }
  if (limited) {
    set_aside(Wait::turn, {});
    return true;
  }
  if (!flush()) {
    set_aside(Wait::socket, {});
    return true;
  }
  return !close_if_ended();
}

}  // namespace sse::server
