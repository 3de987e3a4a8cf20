#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace sse::pub {

/// What a spool file holds.
struct SpoolExtent {
  std::uint64_t size = 0;     ///< of its sound part, in bytes: all of it unless its tail is torn
  std::uint64_t read_at = 0;  ///< offset of the first record that is not marked as sent
  std::uint64_t unsent = 0;   ///< events from there on
};

/// Reads the file through and checks every record. A damaged end is a write that was cut short, and
/// not counted; damage with a sound record behind it is an error that names file and offset.
Result<SpoolExtent> scan_spool(int fd, const std::string& path);

}  // namespace sse::pub
