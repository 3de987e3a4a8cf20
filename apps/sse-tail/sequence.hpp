#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sse/event.hpp>

#include "json_pointer.hpp"

namespace sse::tail {

/// What is wrong with the sequence numbers of a stream, one finding a sentence.
using Finding = std::optional<std::string>;

/// --expect-seq: whether the events of one stream are numbered without holes. The number is the
/// digits at the end of the id, and what stands before them names the sequence ("e1-17"); or it is
/// a value in the data. A new sequence may begin anywhere.
class Sequence {
 public:
  Sequence() = default;
  explicit Sequence(JsonPointer in_data) : in_data_(std::move(in_data)) {}

  Finding check(const Event& event);

 private:
  struct Place {
    std::string name;
    std::uint64_t number = 0;
  };
  std::optional<Place> place_of(const Event& event) const;

  std::optional<JsonPointer> in_data_;
  std::optional<Place> last_;
};

/// What an event of type gap says the server could not deliver; nullopt for other events.
Finding reported_gap(const Event& event);

}  // namespace sse::tail
