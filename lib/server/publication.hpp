#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sse/encoder.hpp>

#include "base/result.hpp"
#include "http/request.hpp"
#include "hub/hub.hpp"

namespace sse::server {

/// The events of one POST, checked and ready for the hub. Owns their text where the request does
/// not; the request must outlive it.
class Publication {
 public:
  void add(const EventFields& fields) { fields_.push_back(fields); }
  /// Keeps a text for as long as the publication lives.
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
  std::span<const EventFields> fields() const noexcept { return fields_; }

 private:
  std::vector<EventFields> fields_;
  std::deque<std::string> texts_;  ///< never moved: fields view into them
};

/// Reads a POST: the body verbatim as data with `?event= &id= &retry=`, or a body of type
/// text/event-stream as a batch of events. Error: which field or event is wrong, and why.
Result<Publication> read_publication(const http::Request& request, std::size_t event_bytes_max);

/// What a publisher is told.
struct ReceiptFacts {
  std::string_view channel;
  std::vector<std::string> ids;         ///< of the new events
  std::uint64_t duplicates = 0;         ///< events left out as they were published before
  std::size_t streams = 0;              ///< on this server, on that channel
  std::optional<long long> nodes = {};  ///< Redis clients that got the last event
};

/// The answer to a publisher: {"channel","ids","duplicates"?,"streams","nodes"?} and a line end.
std::string receipt(const ReceiptFacts& facts);

}  // namespace sse::server
