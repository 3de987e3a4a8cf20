#include <algorithm>
#include <array>
#include <utility>

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
  SeatRef ref;
  std::vector<hub::LogEntry> entries;
  std::size_t next = 0;
  bool more = false;     ///< the log holds further ones
  bool overrun = false;  ///< the log evicted events since the views were brought up to date

  const hub::LogEntry* head() const { return next < entries.size() ? &entries[next] : nullptr; }
};

Waiting collect(SeatRef ref) {
  Waiting waiting{ref, {}, 0, false, false};
  const std::uint64_t cursor = ref.fan_out->seat(ref.seat).cursor;
  const std::uint64_t end = ref.fan_out->view().end();
  if (cursor == end) return waiting;
  waiting.overrun = ref.fan_out->entries(cursor, waiting.entries) > cursor;
  waiting.more = waiting.entries.size() == FanOut::kEntriesMax;
  while (!waiting.entries.empty() && waiting.entries.back().end > end) waiting.entries.pop_back();
  return waiting;
}

// The channel whose next event has the lowest number; null when none may be sent. A channel of
// which only a part is known stops the merge where that part ends.
Waiting* lowest(std::vector<Waiting>& all, hub::Seq watermark) {
  Waiting* best = nullptr;
  for (Waiting& waiting : all) {
    const hub::LogEntry* head = waiting.head();
    if (head == nullptr && waiting.more) return nullptr;
    if (head == nullptr || head->seq > watermark) continue;
    if (best == nullptr || head->seq < best->head()->seq) best = &waiting;
  }
  return best;
}

struct Plan {
  std::vector<LogPiece> pieces;
  bool limited = false;  ///< more could be sent next turn
};

Plan merge(std::vector<Waiting>& all, hub::Seq watermark, std::size_t bytes_max) {
  Plan plan;
  std::size_t bytes = 0;
  while (Waiting* waiting = lowest(all, watermark)) {
    const SeatRef ref = waiting->ref;
    const std::uint64_t to = waiting->head()->end;
    const bool extends = !plan.pieces.empty() && plan.pieces.back().ref.fan_out == ref.fan_out;
    const std::uint64_t from = waiting->next > 0 ? waiting->entries[waiting->next - 1].end
                                                 : ref.fan_out->seat(ref.seat).cursor;
    if (bytes >= bytes_max || (!extends && plan.pieces.size() == kPieces / 2)) {
      plan.limited = true;
      return plan;
    }
    if (extends)
      plan.pieces.back().to = to;
    else
      plan.pieces.push_back({ref, from, to});
    bytes += to - from;
    ++waiting->next;
  }
  for (const Waiting& waiting : all) plan.limited = plan.limited || waiting.more;
  return plan;
}

}  // namespace

bool Stream::deliver_merged(hub::Seq watermark) {
  std::vector<Waiting> all;
  for (const SeatRef& ref : extra_->seats) {
    if (ref.fan_out->seat(ref.seat).cursor < ref.fan_out->view().begin()) return overrun();
    all.push_back(collect(ref));
    if (all.back().overrun) return overrun();
  }
  const Plan plan = merge(all, watermark, worker_.share_bytes());
  if (plan.pieces.empty()) return !close_if_ended();

  std::array<iovec, kPieces> vectors;
  std::size_t count = 0;
  for (const LogPiece& piece : plan.pieces)
    count += piece.ref.fan_out->view().gather(piece.from, piece.to - piece.from,
                                              std::span(vectors).subspan(count));
  const ssize_t sent = write(vectors.data(), count);
  if (is_failure(sent)) {
    write_failed();
    return false;
  }
  return advance_merged(plan.pieces, sent > 0 ? static_cast<std::uint64_t>(sent) : 0, plan.limited);
}

bool Stream::advance_merged(std::span<const LogPiece> pieces, std::uint64_t sent, bool limited) {
  worker_.stats().sends.add();
  worker_.stats().bytes.add(sent);
  touch(worker_.now_ms32());
  for (const LogPiece& piece : pieces) {
    Seat& seat = piece.ref.fan_out->seat(piece.ref.seat);
    const std::uint64_t taken = std::min(sent, piece.to - piece.from);
    seat.cursor = piece.from + taken;
    sent -= taken;
    if (seat.cursor == piece.to) continue;
    hub::LogView::Cut cut = piece.ref.fan_out->view().cut_at(seat.cursor);
    seat.cursor += cut.bytes.size();
    set_aside(Wait::socket, std::move(cut));
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
