#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sse-pub/batch.hpp"

namespace sse::pub {

/// What a target writes down of the answers it gets.
enum class AnswerStyle {
  none,
  verbatim,   ///< each answer
  per_event,  ///< a confirmation for each event
};

/// What is known of an event that was accepted.
struct Acceptance {
  std::optional<std::string> id;         ///< given by the server
  std::optional<std::uint64_t> streams;  ///< of that server the event goes to
  std::optional<long long> nodes;        ///< Redis clients that took it; servers, not end users
  bool duplicate = false;                ///< the server had it already
};

/// One line of JSON on event `index` of the batch, without its line end. Absent members are left
/// out; without an id of the server's the publisher's own stands there.
std::string confirmation(const Batch& batch, std::size_t index, const Acceptance& acceptance);

}  // namespace sse::pub
