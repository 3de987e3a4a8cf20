#pragma once

#include <vector>

#include "redis/publisher.hpp"
#include "redis/stream_count.hpp"
#include "sse-pub/target.hpp"

namespace sse::pub {

/// What a publisher's report says, without accepted_first and answers.
BatchResult to_result(const redis::PublishReport& report);

/// Asks the nodes how many streams the channel has.
Result<Receivers> ask_nodes(const redis::StreamCountOptions& options, const std::string& channel);

/// The events as messages; views into the batch.
std::vector<redis::Message> to_messages(const Batch& batch);

}  // namespace sse::pub
