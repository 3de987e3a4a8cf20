#pragma once

#include <cstdint>

namespace sse {

/// Bytes of this process in physical memory, pages shared with others included; 0 when the system
/// does not say.
std::uint64_t resident_bytes() noexcept;

}  // namespace sse
