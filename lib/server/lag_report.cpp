#include "server/lag_report.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "net/address.hpp"
#include "server/fan_out.hpp"
#include "server/stream.hpp"

namespace sse::server {
namespace {

std::uint64_t unacknowledged_bytes(int fd) noexcept {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

// Most bytes first.
template <class T>
void keep_most(std::vector<T>& all) {
  const auto more = [](const T& a, const T& b) { return a.bytes > b.bytes; };
  const std::size_t count = std::min(all.size(), LagReport::kStreamsMax);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(), more);
  all.resize(count);
}

}  // namespace

void LagReport::keep_worst(std::vector<LaggingStream>& streams) { keep_most(streams); }

void LagCollector::look_at(FanOut& fan_out) {
  const std::uint64_t end = fan_out.view().end();
  for (std::uint32_t i = 0; i < fan_out.size(); ++i) {
    const Seat& seat = fan_out.seat(i);
    if (!seat.is_aside()) continue;
    const std::uint64_t bytes = end - seat.cursor + seat.stream->cut_bytes(fan_out);
    if (bytes == 0) continue;
    worst_.push_back({bytes, &fan_out, i});
    if (worst_.size() == 4 * LagReport::kStreamsMax) keep_most(worst_);
  }
}

std::vector<LaggingStream> LagCollector::take(std::uint64_t now_ms) {
  keep_most(worst_);
  std::vector<LaggingStream> streams;
  for (const Candidate& candidate : worst_) {
    const Seat& seat = candidate.fan_out->seat(candidate.seat);
    const hub::Channel& channel = candidate.fan_out->channel();
    // Of a frame that was cut the stream has not got all: it is the event before the cursor.
    const bool cut = seat.stream->cut_bytes(*candidate.fan_out) > 0;
    const hub::EventLog::Lag lag = channel.log().lag_at(seat.cursor - (cut ? 1 : 0));
    const int fd = seat.stream->fd();
    streams.push_back(
        {.peer = net::peer_name(fd),
         .channel = channel.name(),
         .bytes = candidate.bytes,
         .events = lag.events,
         .age_ms = lag.events == 0 ? 0 : now_ms - std::min(now_ms, lag.oldest_time_ms),
         .kernel_bytes = unacknowledged_bytes(fd)});
  }
  worst_.clear();
  return streams;
}

}  // namespace sse::server
