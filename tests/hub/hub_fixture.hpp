#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/hub.hpp"

/// What the tests of the hub share.
namespace sse::hub::test {

inline constexpr std::string_view kEpoch = "e1";

inline HubOptions options(LogLimits limits = {}) { return {std::string(kEpoch), limits, 100}; }

/// Keeps `events` events, nothing beyond them.
inline LogLimits keep(std::size_t events) {
  LogLimits limits;
  limits.history_events_max = events;
  limits.lag_bytes_max = 0;
  return limits;
}

inline EventFields event(std::string_view text) {
  EventFields fields;
  fields.data = text;
  return fields;
}

inline EventFields with_id(std::string_view id, std::string_view text) {
  EventFields fields = event(text);
  fields.id = id;
  return fields;
}

/// All bytes from `from` to the end of the view, taken `iovecs` pieces and `bytes` bytes at a time.
inline std::string read(const LogView& view, std::uint64_t from, std::size_t iovecs = 16,
                        std::size_t bytes = SIZE_MAX) {
  std::string text;
  std::vector<iovec> pieces(iovecs);
  while (from < view.end()) {
    const std::size_t count = view.gather(from, bytes, pieces);
    for (std::size_t i = 0; i < count; ++i) {
      text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      from += pieces[i].iov_len;
    }
  }
  return text;
}

inline std::string read(const EventLog& log, std::uint64_t from) {
  return read(LogView(log), from);
}

/// What a stream on one channel gets.
inline std::string replay(const Hub& hub, const std::shared_ptr<Channel>& channel,
                          const StartPoint& from) {
  return read(channel->log(), hub.start(std::array{channel}, from).offsets.at(0));
}

}  // namespace sse::hub::test
